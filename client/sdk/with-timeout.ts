import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';

/** The outcome of the work, or a `timeout` after so long; the work itself is not ended. */
export function withTimeout<T>(
  clock: Clock,
  limit_ms: number,
  what: string,
  work: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limit_ms, () => {
      reject(new RizomaError('timeout', `${what} took longer than ${limit_ms / 1_000} s`));
    });
    void work.then(resolve, reject).finally(cancel);
  });
}
