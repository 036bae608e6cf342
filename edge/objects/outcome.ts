import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { EdgeLog } from '../log.ts';
import type { Shaped } from './shape.ts';
import { demandShape, shape } from './shape.ts';

declare const holds: unique symbol;

/**
 * How an object answers another: the JSON of `Settled`. An error that is thrown would lose its class and
 * its code on the way between isolates, and an answer that is no text takes the platform as long again
 * to hand over as the rest of the call.
 */
export type Outcome<T> = string & { readonly [holds]?: T };

export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details?: Record<string, unknown>;
      readonly retryAfter_s?: number;
    };

/** Runs it; what it throws becomes the answer, and goes to the log where it is a fault of ours. */
export async function outcomeOf<T>(log: EdgeLog, run: () => T | Promise<T>): Promise<Outcome<T>> {
  return JSON.stringify(await settle(log, run)) as Outcome<T>;
}

async function settle<T>(log: EdgeLog, run: () => T | Promise<T>): Promise<Settled<T> & Shaped> {
  try {
    return { ok: true, value: await run(), shape };
  } catch (thrown) {
    const error = toRizomaError(thrown);
    if (error.code === 'internal') {
      log.error('a call failed inside', thrown);
    }
    const { code, message, details, retryAfter_s } = error;
    return {
      ok: false,
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
      shape,
    };
  }
}

/**
 * What an object answered, failures too. Only `outcomeOf` makes such a text, of the same type. Throws `unavailable`
 * where another version made it in another form.
 */
export async function settledOf<T>(answer: Promise<Outcome<T>>): Promise<Settled<T>> {
  const settled = JSON.parse(await answer) as Settled<T> & Shaped;
  demandShape(settled);
  return settled;
}

/** The value, or the error thrown here as it was thrown there. */
export function valueIn<T>(settled: Settled<T>): T {
  if (settled.ok) {
    return settled.value;
  }
  const { code, message, details, retryAfter_s } = settled;
  throw new RizomaError(code, message, {
    ...(details === undefined ? {} : { details }),
    ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
  });
}

export async function valueOf<T>(answer: Promise<Outcome<T>>): Promise<T> {
  return valueIn(await settledOf(answer));
}
