import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { EdgeLog } from '../log.ts';

/**
 * How an object answers another: a thrown error would lose its class and its code on the way
 * between isolates.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Record<string, unknown> | undefined;
      readonly retryAfter_s: number | undefined;
    };

/** Runs it; what it throws becomes the answer, and goes to the log where it is a fault of ours. */
export async function outcomeOf<T>(log: EdgeLog, run: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    const error = toRizomaError(thrown);
    if (error.code === 'internal') {
      log.error('a call failed inside', thrown);
    }
    const { code, message, details, retryAfter_s } = error;
    return { ok: false, code, message, details, retryAfter_s };
  }
}

/** The value, or the error thrown here as it was thrown there. */
export async function valueOf<T>(answer: Promise<Outcome<T>>): Promise<T> {
  const outcome = await answer;
  if (outcome.ok) {
    return outcome.value;
  }
  const { code, message, details, retryAfter_s } = outcome;
  throw new RizomaError(code, message, {
    ...(details === undefined ? {} : { details }),
    ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
  });
}
