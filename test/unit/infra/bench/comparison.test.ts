import { describe, expect, it } from 'vitest';
import type { PairValues, Verdict } from '../../../../infra/bench/comparison.ts';
import { comparePairs, compareRow } from '../../../../infra/bench/comparison.ts';

/** Values of a pair in the order in which they are measured: baseline, candidate, baseline. */
type Measured = readonly [before: number, candidate: number, after: number];

const pairOf = ([before, candidate, after]: Measured): PairValues => ({ before, candidate, after });

function compared(values: readonly Measured[], aim: number | null = null) {
  return compareRow({ name: 'a.row', unit: 'ms', aim, values: values.map(pairOf) });
}

/** The row of one run. */
const rowsOf = (value: number, name = 'a.row', unit = 'ms') => [{ name, value, unit, aim: null }];

interface Case {
  readonly what: string;
  readonly values: readonly Measured[];
  readonly aim?: number;
  readonly verdict: Verdict;
}

const ratios: readonly Case[] = [
  { what: 'the same values', values: [[100, 100, 100]], verdict: 'no worse' },
  { what: 'a rise of exactly the tolerance', values: [[100, 103, 100]], verdict: 'no worse' },
  { what: 'a rise beyond the tolerance', values: [[100, 103.1, 100]], verdict: 'WORSE' },
  { what: 'a fall beyond the tolerance', values: [[100, 97, 100]], verdict: 'better' },
  { what: 'a fall within the tolerance', values: [[100, 97.5, 100]], verdict: 'no worse' },
  { what: 'a rise within a wide spread', values: [[100, 110, 115]], verdict: 'no worse' },
  { what: 'a rise within a spread that fell', values: [[115, 110, 100]], verdict: 'no worse' },
  { what: 'a rise beyond a wide spread', values: [[100, 130, 115]], verdict: 'WORSE' },
  { what: 'a fall within a wide spread', values: [[100, 95, 115]], verdict: 'no worse' },
  { what: 'a linear drift', values: [[100, 150, 200]], verdict: 'no worse' },
  {
    what: 'one high value of three',
    values: [
      [100, 150, 100],
      [100, 100, 100],
      [100, 101, 100],
    ],
    verdict: 'no worse',
  },
  {
    what: 'two high values of three',
    values: [
      [100, 150, 100],
      [100, 104, 100],
      [100, 101, 100],
    ],
    verdict: 'WORSE',
  },
  {
    what: 'one pair with a wide spread',
    values: [
      [100, 110, 100],
      [100, 110, 100],
      [100, 110, 120],
    ],
    verdict: 'no worse',
  },
];

const differences: readonly Case[] = [
  { what: 'zeros', values: [[0, 0, 0]], aim: 0, verdict: 'no worse' },
  { what: 'a rise from zero with an aim of zero', values: [[0, 1, 0]], aim: 0, verdict: 'WORSE' },
  { what: 'a rise within the spread', values: [[-0.2, 0.3, 0.3]], aim: 1, verdict: 'no worse' },
  { what: 'a rise beyond the spread', values: [[-0.2, 0.5, 0.1]], aim: 1, verdict: 'WORSE' },
  { what: "a rise of 3 % of the row's aim", values: [[0, 0.24, 0]], aim: 8, verdict: 'no worse' },
  { what: 'a fall beyond the spread', values: [[0.1, -0.5, 0]], aim: 1, verdict: 'better' },
];

describe('the comparison of a row', () => {
  it.each(ratios)('by ratios: calls $what $verdict', ({ values, verdict }) => {
    expect(compared(values)).toMatchObject({ scale: 'ratio', verdict });
  });

  it.each(differences)(
    'by differences, where a value is not positive: calls $what $verdict',
    ({ values, aim, verdict }) => {
      expect(compared(values, aim)).toMatchObject({ scale: 'difference', verdict });
    },
  );

  it('has the median of the changes and the largest change of the baseline against itself', () => {
    const { change, changes, selfChanges, spread } = compared([
      [100, 110, 100],
      [80, 100, 120],
      [100, 300, 100],
    ]);
    expect(changes).toEqual([1.1, 1, 3]);
    expect(change).toBe(1.1);
    expect(selfChanges).toEqual([1, 1.5, 1]);
    expect(spread).toBe(1.5);
  });
});

describe('the comparison of pairs', () => {
  it('joins rows by their names, in whatever order they come', () => {
    const rows = [...rowsOf(1, 'a'), ...rowsOf(2, 'b')];
    const compared = comparePairs([{ before: rows, candidate: rows.toReversed(), after: rows }]);
    expect(compared.rows.map(({ name, change }) => [name, change])).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
    expect(compared.leftOut).toEqual([]);
  });

  it('names the rows that it leaves out, and why', () => {
    const both = [...rowsOf(1, 'unit', 'ms'), ...rowsOf(1, 'gone'), ...rowsOf(1, 'rare')];
    const candidate = [...rowsOf(1, 'unit', 's'), ...rowsOf(1, 'new'), ...rowsOf(1, 'rare')];
    const { rows, leftOut } = comparePairs([
      { before: both, candidate, after: both },
      { before: both.slice(0, 2), candidate, after: both },
    ]);
    expect(rows).toEqual([]);
    expect(leftOut).toEqual([
      { name: 'unit', why: 'its unit differs: s, ms' },
      { name: 'new', why: 'the baseline does not have it' },
      { name: 'rare', why: 'only 1 of 2 pairs have it' },
      { name: 'gone', why: 'the candidate does not have it' },
    ]);
  });
});
