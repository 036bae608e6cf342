/** One measured figure. `aim` is what it should not exceed; a row without one only informs. */
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

/** A bench: it may need a minute, and answers one or more rows. */
export interface Bench {
  /** What `npm run bench -- NAME` asks for; the rows' names begin with it. */
  name: string;
  run(say: (line: string) => void): Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
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
  const table = [['name', 'value', 'unit', 'aim', '', 'how'], ...cells];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
