import { systemClock } from '../protocol/clock.ts';
import { ConfigError, parseConfig } from './config.ts';
import { endProcess } from './end-process.ts';
import { giveBackWhenIdle, giveBackWhenQuiet } from './give-back.ts';
import { createLog } from './log.ts';
import { Node } from './node.ts';
import { surviveErrors } from './survive.ts';

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = createLog(config.logLevel, { node: config.nodeId });
  // A node that is not up yet serves nobody: it is better started again.
  const endAtStart = (err: Error): void => {
    log.fatal({ err }, 'node failed to start');
    process.exit(1);
  };
  process.on('uncaughtException', endAtStart);
  // SIGTERM ends the node when its clients have left, SIGINT and a second SIGTERM at once; all in order.
  const terminated = signalled('SIGTERM', 1);
  const stopped = Promise.race([signalled('SIGTERM', 2), signalled('SIGINT', 1)]);
  const node = await Node.create({ log }, config);
  process.off('uncaughtException', endAtStart);
  surviveErrors({ clock: systemClock, log }, { onError: () => node.uncaughtError() });
  const keepMemory = [
    giveBackWhenIdle({ clock: systemClock }, () => node.isIdle),
    giveBackWhenQuiet({ clock: systemClock }),
  ];
  void terminated.then(() => node.drain());
  const drained = node.drained.then(() => 'it is drained');
  log.info({ why: await Promise.race([stopped, drained]) }, 'node closes');
  await node.close();
  keepMemory.forEach((cancel) => cancel());
  endProcess();
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
