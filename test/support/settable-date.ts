/** Loaded before a program (`node --import`): with each SIGUSR2 somebody sets the date of its machine, as far as it sees. */

/** By so much, one after the other; then it is the right one again. */
const steps_ms = [10_000, 3_600_000, -7_200_000] as const;

const date = Date.now;
let steps = 0;

Date.now = () => {
  const set_ms = steps_ms.slice(0, steps).reduce((sum, by_ms) => sum + by_ms, 0);
  return date() + set_ms;
};
process.on('SIGUSR2', () => {
  steps += 1;
});
