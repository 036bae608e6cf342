import { parseArgs } from 'node:util';
import { BringUpError } from '../output.ts';
import type { BenchName } from './names.ts';
import { benchNames, chooseBenches } from './names.ts';

/** Fewer pairs say little: the spread is the largest of so many values. */
export const leastPairs = 5;

export const usage = `Usage: npm run bench -- [NAME ...] [--short] [--json FILE] [--beside COMMIT [--pairs N]]

  NAME             ${benchNames.join(', ')}; without a name all of them run
  --short          a few rounds of floods and message-cost, for trying them out
  --json FILE      also writes the figures to FILE
  --beside COMMIT  compares this checkout with a commit, branch or tag (docs/BENCH.md); exit code 1 if a row is worse
  --pairs N        pairs of runs of a comparison: ${leastPairs} unless given; fewer are for trying it out`;

export interface BenchOptions {
  readonly names: readonly BenchName[];
  readonly json: string | undefined;
  /** Fewer rounds, where a bench has such: its figures are not to be cited. */
  readonly short: boolean;
  /** Undefined for a measurement that compares with nothing. */
  readonly beside: { readonly revision: string; readonly pairs: number } | undefined;
}

/** Reads the command line; 'help' if it asks for that. Fails in words that end with the usage. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const names = chooseBenches(positionals);
  if (values.beside === undefined) {
    if (values.pairs !== undefined) throw misuse('--pairs needs --beside COMMIT');
    return { names, json: values.json, short: values.short === true, beside: undefined };
  }
  if (values.short === true) throw misuse('--short goes without --beside COMMIT');
  const pairs = values.pairs === undefined ? leastPairs : Number(values.pairs);
  if (!Number.isInteger(pairs) || pairs < 1) {
    throw misuse(`--pairs ${values.pairs} is not a whole number from 1`);
  }
  return { names, json: values.json, short: false, beside: { revision: values.beside, pairs } };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'string' },
        short: { type: 'boolean' },
        beside: { type: 'string' },
        pairs: { type: 'string' },
      },
    });
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error));
  }
}

function misuse(what: string): BringUpError {
  return new BringUpError(`${what}\n${usage}`);
}
