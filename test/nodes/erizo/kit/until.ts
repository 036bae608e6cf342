/** Asks until the answer is as wanted; the last answer, where it never is. */
export async function until<T>(
  ask: () => Promise<T>,
  wanted: (value: T) => boolean,
  patience_ms: number,
): Promise<T> {
  const end = Date.now() + patience_ms;
  for (;;) {
    const value = await ask();
    if (wanted(value) || Date.now() > end) {
      return value;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
