import type { ErrorCode, RizomaError } from '../../protocol/errors.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import type { Flow } from './flow.ts';
import { isRestoringAt, isUntold } from './flow.ts';
import type { RoomParts } from './room-parts.ts';

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

/** A flow that is to come again in a process. */
export interface Return {
  flow: Flow;
  erizo: Erizo;
  /** The codes after which another attempt may go better. */
  again: readonly ErrorCode[];
}

/**
 * Opens what was lost, trying again at each change of the directory until it is late. `open` is told how long
 * that has taken so far. Resolves with what it opened, or with nothing where the flow was given up or handed to
 * another process meanwhile; rejects with what the last attempt met.
 */
export async function untilLate<T>(
  { clock, directoryChanged }: Pick<RoomParts, 'clock' | 'directoryChanged'>,
  { flow, erizo, again }: Return,
  open: (waited_ms: number) => Promise<T>,
): Promise<T | undefined> {
  const began_ms = clock.now();
  for (;;) {
    try {
      const opened = await open(clock.now() - began_ms);
      return isRestoringAt(flow, erizo) ? opened : undefined;
    } catch (thrown) {
      const error = toRizomaError(thrown);
      if (!isRestoringAt(flow, erizo)) {
        return undefined;
      }
      const isLate = clock.now() - began_ms >= defaults.restore_ms;
      if (isLate || !again.includes(error.code)) {
        throw error;
      }
    }
    await directoryChanged();
  }
}
