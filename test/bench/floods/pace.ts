/** How often it is looked at what is due. */
const step_ms = 10;
/** What a busy machine missed is made up for within reason: a flood of a second in one go is another flood. */
const most_ms = 100;

/** Runs something so often in a second, evenly, until the answer is called. */
export function pace(perSecond: number, run: () => void): () => void {
  let at_ms = performance.now();
  const timer = setInterval(() => {
    at_ms = Math.max(at_ms, performance.now() - most_ms);
    for (; at_ms <= performance.now(); at_ms += 1_000 / perSecond) {
      run();
    }
  }, step_ms);
  return () => clearInterval(timer);
}
