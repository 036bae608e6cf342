import { systemClock } from '../protocol/clock.ts';
import { ConfigError, parseConfig } from './config.ts';
import { giveBackWhenIdle } from './give-back.ts';
import { createLog } from './log.ts';
import { Node } from './node.ts';

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = createLog(config.logLevel, { node: config.nodeId });
  // What is unknown after a failure nobody foresaw is better started anew; media lives on meanwhile.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'node failed');
    process.exit(1);
  });
  // SIGTERM ends the node when its clients have left, SIGINT and a second SIGTERM at once; all in order.
  const terminated = signalled('SIGTERM', 1);
  const stopped = Promise.race([signalled('SIGTERM', 2), signalled('SIGINT', 1)]);
  const node = await Node.create({ log }, config);
  giveBackWhenIdle({ clock: systemClock }, () => node.isIdle);
  void terminated.then(() => node.drain());
  const drained = node.drained.then(() => 'it is drained');
  log.info({ why: await Promise.race([stopped, drained]) }, 'node closes');
  await node.close();
  process.exit(0);
}

/** Resolves with the signal when it has come that many times. */
function signalled(signal: NodeJS.Signals, times: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let left = times;
  process.on(signal, () => {
    left -= 1;
    if (left === 0) {
      resolve(signal);
    }
  });
  return promise;
}

try {
  await main();
} catch (thrown) {
  const text = thrown instanceof ConfigError ? thrown.message : describe(thrown);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** The error and what caused it, without its stack: it is for whoever set the machine up. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return String(thrown);
  }
  return thrown.cause === undefined
    ? thrown.message
    : `${thrown.message}: ${describe(thrown.cause)}`;
}
