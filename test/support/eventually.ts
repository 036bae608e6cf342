import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** In ms. */
  readonly timeout?: number;
  readonly interval?: number;
}

/** Longer than a loaded machine takes for anything that a test waits for. */
export const patience = { timeout: 45_000, interval: 100 } as const;

/**
 * Asks until the answer is wanted, and returns it. A question that fails is asked again. Throws after the
 * time-out, with what was wanted and the last answer or error.
 */
export async function eventually<T>(
  wanted: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  options: Patience = {},
): Promise<T> {
  const { timeout, interval } = { ...patience, ...options };
  const deadline = AbortSignal.timeout(timeout);
  const over = new Promise<'over'>((resolve) => {
    deadline.addEventListener('abort', () => resolve('over'), { once: true });
  });
  let last = 'no answer';
  while (!deadline.aborted) {
    const asked = ask().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    const outcome = await Promise.race([asked, over]);
    if (outcome === 'over') {
      break;
    }
    if ('answer' in outcome && isWanted(outcome.answer)) {
      return outcome.answer;
    }
    last = 'answer' in outcome ? JSON.stringify(outcome.answer) : String(outcome.error);
    await Promise.race([sleep(interval), over]);
  }
  throw new Error(`${wanted}: not so within ${timeout} ms, instead: ${last}`);
}
