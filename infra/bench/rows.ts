import * as v from 'valibot';

/**
 * What `npm run bench -- NAME --json FILE` writes of a row, at any commit. A smaller value is better in every row.
 * A figure that could not be computed is `null` in JSON and is refused here.
 */
const BenchRow = v.object({
  name: v.string(),
  value: v.number(),
  unit: v.string(),
  /** The value that the row should not exceed, if it has such a limit. */
  aim: v.nullable(v.number()),
});
export type BenchRow = v.InferOutput<typeof BenchRow>;

/** Reads the rows of one run. Throws an error that says which row is wrong. */
export function readRows(text: string): readonly BenchRow[] {
  const entries = v.parse(v.array(v.unknown()), JSON.parse(text));
  return entries.map((entry) => {
    const row = v.safeParse(BenchRow, entry);
    if (row.success) return row.output;
    throw new Error(`the row ${JSON.stringify(entry)} cannot be read: ${v.summarize(row.issues)}`);
  });
}
