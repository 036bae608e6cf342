import type { Frame } from '../../../support/endpoint/seen.ts';

/** Frames that were sent and not received, between the first and the last that were: each run of them, in order. */
export function missingRuns(sent: readonly Frame[], received: readonly Frame[]): Frame[][] {
  const times = received.map(({ rtp }) => rtp);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const came = new Set(times);
  const runs: Frame[][] = [];
  let run: Frame[] = [];
  for (const frame of sent.filter(({ rtp }) => rtp >= first && rtp <= last)) {
    if (came.has(frame.rtp)) {
      run = [];
    } else {
      if (run.length === 0) {
        runs.push(run);
      }
      run.push(frame);
    }
  }
  return runs;
}
