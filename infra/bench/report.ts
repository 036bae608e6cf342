import { formatTable } from '../table.ts';
import type { LeftOut, PairValues, RowComparison, Verdict } from './comparison.ts';
import { tolerance } from './comparison.ts';
import { median } from './median.ts';

/** All that a comparison found; `--json FILE` writes it as it stands. */
export interface ComparisonReport {
  readonly candidate: { readonly commit: string; readonly uncommittedChanges: boolean };
  readonly baseline: { readonly commit: string; readonly revision: string };
  readonly pairs: number;
  /** Why the baseline has a mediasoup worker of its own; null if both use one binary. */
  readonly ownWorker: string | null;
  /** Files of the benches that differ, as `test/bench/rpc.ts (changed)`. */
  readonly benchCode: readonly string[];
  readonly rows: readonly RowComparison[];
  readonly leftOut: readonly LeftOut[];
}

/** The table of a comparison, what it leaves out, and how many rows got each verdict. */
export function formatComparison({ rows, leftOut }: ComparisonReport): string[] {
  const head = ['row', 'unit', 'baseline', 'candidate', 'change', 'from', 'to', 'spread', ''];
  return [
    ...(rows.length === 0 ? [] : formatTable(head, rows.map(cellsOf))),
    ...leftOut.map(({ name, why }) => `Not compared: ${name}: ${why}.`),
    '',
    `WORSE and better: beyond ${tolerance} and beyond the spread of the baseline against itself (docs/BENCH.md).`,
    formatVerdicts(rows),
  ];
}

/** A comparison without a row has shown nothing, so it does not pass. */
export function hasPassed({ rows }: ComparisonReport): boolean {
  return rows.length > 0 && rows.every(({ verdict }) => verdict !== 'WORSE');
}

function cellsOf({ name, unit, scale, values, changes, change, spread, verdict }: RowComparison) {
  const figure = (of: (pair: PairValues) => number): string => short(median(values.map(of)));
  const shown = scale === 'ratio' ? (value: number) => `x${value.toFixed(3)}` : signed;
  return [
    name,
    unit,
    figure(({ before, after }) => (before + after) / 2),
    figure(({ candidate }) => candidate),
    shown(change),
    shown(Math.min(...changes)),
    shown(Math.max(...changes)),
    scale === 'ratio' ? shown(spread) : short(spread),
    verdict,
  ];
}

function formatVerdicts(rows: readonly RowComparison[]): string {
  if (rows.length === 0) return 'No row could be compared.';
  const count = (wanted: Verdict): number =>
    rows.filter(({ verdict }) => verdict === wanted).length;
  return `${rows.length} rows: ${count('no worse')} no worse, ${count('better')} better, ${count('WORSE')} WORSE`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function signed(value: number): string {
  return value > 0 ? `+${short(value)}` : short(value);
}
