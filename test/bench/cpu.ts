import { readdirSync, readFileSync } from 'node:fs';

/** How long the main thread of a process stood ready to run and another one ran in its place. */
export function waited_ms(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}

/**
 * What all threads of the processes have run so far. The scheduler counts in nanoseconds; `/proc/PID/stat` counts in
 * ticks of 10 ms, of which a round of a bench has a dozen.
 */
export function cpu_ms(pids: readonly number[]): number {
  return pids
    .flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((thread) =>
        Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
      ),
    )
    .reduce((sum, run_ns) => sum + run_ns / 1e6, 0);
}
