import { median } from './median.ts';
import type { BenchRow } from './rows.ts';
import type { Turn } from './schedule.ts';

/** A change within this factor is never called worse or better, however small the spread. */
export const tolerance = 1.03;

/** The rows of the three runs of a pair. */
export type Pair = Readonly<Record<Turn, readonly BenchRow[]>>;

/** The values of one row in the three runs of a pair. */
export type PairValues = Readonly<Record<Turn, number>>;

export type Verdict = 'no worse' | 'WORSE' | 'better';

/** One row, compared. Changes are ratios or differences, as `scale` says; a larger one is worse. */
export interface RowComparison {
  readonly name: string;
  readonly unit: string;
  readonly scale: 'ratio' | 'difference';
  readonly values: readonly PairValues[];
  /** From the baseline to the candidate, one a pair. */
  readonly changes: readonly number[];
  /** From the baseline to itself, one a pair. */
  readonly selfChanges: readonly number[];
  readonly change: number;
  /** The largest change of the baseline against itself, in either direction. */
  readonly spread: number;
  readonly verdict: Verdict;
}

export interface Comparison {
  readonly rows: readonly RowComparison[];
  readonly leftOut: readonly LeftOut[];
}

/** A row that cannot be compared. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** Compares the rows of all pairs of a bench, joined by their names. */
export function comparePairs(pairs: readonly Pair[]): Comparison {
  const runs = pairs.flatMap(({ before, candidate, after }) => [candidate, before, after]);
  const names = new Set(runs.flatMap((rows) => rows.map(({ name }) => name)));
  const rows: RowComparison[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of names) {
    const compared = joinRow(pairs, name);
    if (typeof compared === 'string') leftOut.push({ name, why: compared });
    else rows.push(compared);
  }
  return { rows, leftOut };
}

/** The comparison of one row, or why there is none. */
function joinRow(pairs: readonly Pair[], name: string): RowComparison | string {
  const find = (rows: readonly BenchRow[]) => rows.find((row) => row.name === name);
  const candidates = pairs.map(({ candidate }) => find(candidate));
  const baselines = pairs.flatMap(({ before, after }) => [find(before), find(after)]);
  if (candidates.every((row) => row === undefined)) return 'the candidate does not have it';
  if (baselines.every((row) => row === undefined)) return 'the baseline does not have it';
  const values = pairs.flatMap((pair) => valuesOf(pair, find) ?? []);
  if (values.length < pairs.length) return `only ${values.length} of ${pairs.length} pairs have it`;
  const units = new Set([...candidates, ...baselines].map((row) => row?.unit));
  if (units.size > 1) return `its unit differs: ${[...units].join(', ')}`;
  const aim = candidates[0]?.aim ?? null;
  return compareRow({ name, unit: candidates[0]?.unit ?? '', aim, values });
}

function valuesOf(
  pair: Pair,
  find: (rows: readonly BenchRow[]) => BenchRow | undefined,
): PairValues | undefined {
  const [before, candidate, after] = [find(pair.before), find(pair.candidate), find(pair.after)];
  return before === undefined || candidate === undefined || after === undefined
    ? undefined
    : { before: before.value, candidate: candidate.value, after: after.value };
}

/** Judges one row by the values of its pairs, of which there is at least one. */
export function compareRow(row: {
  readonly name: string;
  readonly unit: string;
  readonly aim: number | null;
  readonly values: readonly PairValues[];
}): RowComparison {
  const { name, unit, values } = row;
  const { scale, change, inverse, margin } = scaleOf(row);
  const changes = values.map(({ before, candidate, after }) =>
    change(candidate, (before + after) / 2),
  );
  const selfChanges = values.map(({ before, after }) => change(after, before));
  const spread = Math.max(...selfChanges.flatMap((each) => [each, inverse(each)]));
  const middle = median(changes);
  const limit = Math.max(margin, spread);
  const verdict = middle > limit ? 'WORSE' : inverse(middle) > limit ? 'better' : 'no worse';
  return { name, unit, scale, values, changes, selfChanges, change: middle, spread, verdict };
}

/** How a row is compared. */
interface Scale {
  readonly scale: RowComparison['scale'];
  /** From one value to another. */
  readonly change: (to: number, from: number) => number;
  /** The same change in the other direction. */
  readonly inverse: (change: number) => number;
  /** The largest change that counts as none. */
  readonly margin: number;
}

/**
 * Ratios mean nothing for a row that may be zero or less, such as the memory that a visit leaves behind. Such a row is
 * compared by differences, and its margin is the tolerance's share of its aim, or of the baseline if it has none.
 */
function scaleOf({ aim, values }: Parameters<typeof compareRow>[0]): Scale {
  const all = values.flatMap(({ before, candidate, after }) => [before, candidate, after]);
  if (all.every((value) => value > 0)) {
    return {
      scale: 'ratio',
      change: (to, from) => to / from,
      inverse: (change) => 1 / change,
      margin: tolerance,
    };
  }
  const size = aim ?? Math.max(...values.flatMap(({ before, after }) => [before, after]), 0);
  return {
    scale: 'difference',
    change: (to, from) => to - from,
    inverse: (change) => -change,
    margin: (tolerance - 1) * Math.abs(size),
  };
}
