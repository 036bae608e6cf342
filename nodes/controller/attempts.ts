import type { ErrorCode, RizomaError } from '../../protocol/errors.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { Flow } from './flow.ts';
import { isUntold } from './flow.ts';

export interface AttemptOptions {
  /** The codes after which another attempt may go better. */
  again: readonly ErrorCode[];
  /** Waits for what may have changed by then. */
  pause(): Promise<void>;
}

/**
 * Opens a flow, trying again (Licode: 3 times) while its client was not told of a connection and
 * has not given it up. Rejects with what the last attempt met.
 */
export async function attempt(
  flow: Flow,
  open: () => Promise<void>,
  options: AttemptOptions,
): Promise<void> {
  for (let left = defaults.attempts - 1; ; left -= 1) {
    try {
      return await open();
    } catch (thrown) {
      const error = toRizomaError(thrown);
      if (left <= 0 || !mayTryAgain(flow, error, options)) {
        throw error;
      }
      // A process that was lost is replaced by the next attempt: there is nothing to wait for.
      await (error.code === 'link_down' ? undefined : options.pause());
    }
    flow.abort.signal.throwIfAborted();
  }
}

function mayTryAgain(flow: Flow, error: RizomaError, { again }: AttemptOptions): boolean {
  return isUntold(flow) && !flow.abort.signal.aborted && again.includes(error.code);
}
