import { until } from './until.ts';

/** Longer than what is on its way takes to arrive, and than the pace at which a stream's frames come. */
const window_ms = 500;

/**
 * Resolves when a count has stood still for half a second. No event tells that nothing comes: it is looked at for as
 * long as some frames would take that came still.
 */
export async function standsStill(count: () => Promise<number>): Promise<number> {
  let last = await count();
  await until(
    async () => {
      const before = last;
      await new Promise((done) => setTimeout(done, window_ms));
      last = await count();
      return last - before;
    },
    (more) => more === 0,
    10_000,
  );
  return last;
}
