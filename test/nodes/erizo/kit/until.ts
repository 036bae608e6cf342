const poll_ms = 50;

/**
 * Asks until the answer is as wanted, and resolves with it. Rejects after that time, with what was wanted and the last
 * answer.
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  wanted: (value: T) => boolean,
  patience_ms: number,
): Promise<T> {
  const end = performance.now() + patience_ms;
  for (;;) {
    const value = await ask();
    if (wanted(value)) {
      return value;
    }
    if (performance.now() > end) {
      const last = JSON.stringify(value);
      throw new Error(`waited ${patience_ms} ms for ${String(wanted)}, and there was ${last}`);
    }
    await new Promise((done) => setTimeout(done, poll_ms));
  }
}
