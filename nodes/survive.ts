import type { Clock } from '../protocol/clock.ts';
import type { Log } from './log.ts';
import { TokenBucket } from './token-bucket.ts';

const defaults = {
  /** Errors that a process survives at once. */
  burst: 20,
  /** And in each second: one that fails in every turn of its event loop serves nobody, and is better started again. */
  perSecond: 1,
} as const;

/**
 * Keeps this process going after an error that nothing caught: what one client causes must not end what all others have.
 * Each is logged and counted. Too many in a short time end the process with exit code 1, and its supervisor starts another.
 */
export function surviveErrors(
  components: { clock: Clock; log: Log },
  options: { onError: () => void },
): void {
  const { log } = components;
  const bucket = new TokenBucket(components, defaults);
  process.on('uncaughtException', (err, origin) => {
    options.onError();
    if (bucket.take()) {
      log.error({ err, origin }, 'an error was not caught, and the process goes on');
      return;
    }
    log.fatal({ err, origin }, 'too many errors were not caught: the process ends');
    process.exit(1);
  });
}
