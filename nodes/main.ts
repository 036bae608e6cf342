import { ConfigError, parseConfig } from './config.ts';
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
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  const node = await Node.create({ log }, config);
  log.info({ signal: await stopped }, 'node closes');
  await node.close();
  process.exit(0);
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
