import { formatTable } from '../../infra/table.ts';

export { median } from '../../infra/bench/median.ts';

/**
 * One measured figure. `aim` is what it should not exceed; a row without one only informs. A smaller value is better
 * in every row: comparisons with another commit depend on it.
 */
export interface Row {
  name: string;
  value: number;
  unit: string;
  aim: number | null;
  holds: boolean | null;
  /** How it came about, for the reader of the table. */
  note: string;
}

/** A figure and whether it holds its aim. */
export function row(
  name: string,
  value: number,
  unit: string,
  aim: number | null,
  note: string,
): Row {
  return { name, value: round(value), unit, aim, holds: aim === null ? null : value <= aim, note };
}

export interface BenchRun {
  /** A few rounds, for trying it out. Benches that take a minute or two have but one form. */
  readonly short: boolean;
}

/** A bench: it may need a minute, and answers one or more rows. */
export interface Bench {
  /** What `npm run bench -- NAME` asks for; the rows' names begin with it. */
  name: string;
  run(say: (line: string) => void, options: BenchRun): Promise<Row[]>;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function formatRows(rows: readonly Row[]): string[] {
  const cells = rows.map((each) => [
    each.name,
    String(each.value),
    each.unit,
    each.aim === null ? '' : `<= ${each.aim}`,
    each.holds === null ? '' : each.holds ? 'holds' : 'MISSED',
    each.note,
  ]);
  return formatTable(['name', 'value', 'unit', 'aim', '', 'how'], cells);
}
