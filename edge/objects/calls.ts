import * as v from 'valibot';
import { RizomaError } from '../../protocol/errors.ts';

type Methods = Readonly<Record<string, ((...args: unknown[]) => Promise<unknown>) | undefined>>;

/** What the platform says of a call that failed on the way, and not inside of what was called. */
const Failure = v.object({
  overloaded: v.optional(v.boolean(), false),
  retryable: v.optional(v.boolean(), false),
  durableObjectReset: v.optional(v.boolean(), false),
});

const defaults = {
  /** An object that restarted is back at once. */
  retryAfter_s: 1,
} as const;

/**
 * The methods of an object, each called by a stub of its own: a stub whose object died fails for ever, and
 * the objects that keep one would fail with it. Rejects with `unavailable` where the object died under the
 * call, which may have been served or not, and with `overloaded` where it has too much to do.
 */
export function callsOf<Api extends object>(stubOf: () => DurableObjectStub): Api {
  const call = async (name: string, args: unknown[]): Promise<unknown> => {
    try {
      // The platform's stub answers to every name.
      return await (stubOf() as unknown as Methods)[name]?.(...args);
    } catch (thrown) {
      throw failureOf(thrown);
    }
  };
  const get = (_: object, name: string | symbol): unknown =>
    // What has a `then` would be taken for a promise.
    typeof name === 'string' && name !== 'then'
      ? (...args: unknown[]) => call(name, args)
      : undefined;
  return new Proxy({}, { get }) as Api;
}

/** As an error with a code, where it is the platform's. */
function failureOf(thrown: unknown): unknown {
  const failure = v.safeParse(Failure, thrown);
  if (!failure.success) {
    return thrown;
  }
  const { overloaded, retryable, durableObjectReset } = failure.output;
  const options = { cause: thrown, retryAfter_s: defaults.retryAfter_s };
  if (overloaded) {
    return new RizomaError('overloaded', 'too many ask for the same: try again later', options);
  }
  return retryable || durableObjectReset
    ? new RizomaError('unavailable', 'a part of the edge has just restarted: try again', options)
    : thrown;
}
