import { formatTime } from '../testing/progress.ts';
import type { BenchName } from './names.ts';

/**
 * Each pair runs baseline, candidate, baseline: in `candidate / mean(before, after)` a linear drift of the machine
 * cancels out. The same three runs give `before / after`, which shows how much a build differs from itself.
 */
export const turns = ['before', 'candidate', 'after'] as const;
export type Turn = (typeof turns)[number];

export interface PlannedRun {
  readonly bench: BenchName;
  /** From 1. */
  readonly pair: number;
  readonly turn: Turn;
}

/** The runs of a comparison in their order. */
export function planRuns(benches: readonly BenchName[], pairs: number): readonly PlannedRun[] {
  const numbers = Array.from({ length: pairs }, (_, index) => index + 1);
  return benches.flatMap((bench) =>
    numbers.flatMap((pair) => turns.map((turn) => ({ bench, pair, turn }))),
  );
}

/**
 * One line for the run that begins now, as `[4/15] rpc, pair 2 of 5: baseline; about 1:10 left`.
 * `took_ms` are the times of the runs before it; benches that have not run yet are left out of the estimate.
 */
export function describeRun(plan: readonly PlannedRun[], took_ms: readonly number[]): string {
  const index = took_ms.length;
  const next = plan[index];
  if (next === undefined) throw new Error(`there is no run after ${index}`);
  const side = next.turn === 'candidate' ? 'candidate' : 'baseline';
  const pairs = Math.max(...plan.map(({ pair }) => pair));
  const left = describeLeft(plan, took_ms);
  return `[${index + 1}/${plan.length}] ${next.bench}, pair ${next.pair} of ${pairs}: ${side}${left}`;
}

function describeLeft(plan: readonly PlannedRun[], took_ms: readonly number[]): string {
  const mean_ms = (bench: BenchName): number | undefined => {
    const times_ms = took_ms.filter((_, index) => plan[index]?.bench === bench);
    const sum_ms = times_ms.reduce((sum, time_ms) => sum + time_ms, 0);
    return times_ms.length === 0 ? undefined : sum_ms / times_ms.length;
  };
  const left_ms = plan.slice(took_ms.length).map(({ bench }) => mean_ms(bench));
  const known_ms = left_ms.reduce<number>((sum, time_ms) => sum + (time_ms ?? 0), 0);
  if (known_ms === 0) return '';
  const isWhole = !left_ms.includes(undefined);
  return `; ${isWhole ? 'about' : 'more than'} ${formatTime(known_ms)} left`;
}
