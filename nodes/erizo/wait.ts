import { RizomaError } from '../../protocol/errors.ts';

/** The promise, or `cancelled` as soon as the signal aborts. What runs on must clean up after itself. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new RizomaError('cancelled', 'the caller gave up'));
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A promise that is settled from outside, and that nobody has to be waiting for. */
export function deferred<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => undefined);
  return made;
}

interface Closable {
  close(): void;
}

export function closeAll(things: readonly Closable[]): void {
  for (const thing of things) {
    thing.close();
  }
}

/** All of them, in order; where one fails those that were made are closed, and its error is thrown. */
export async function allOrNone<T extends Closable>(making: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(making);
  const made = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    closeAll(made);
    throw failed.reason;
  }
  return made;
}
