import { describe, expect, it } from 'vitest';
import type { RowComparison } from '../../../../infra/bench/comparison.ts';
import { compareRow } from '../../../../infra/bench/comparison.ts';
import type { ComparisonReport } from '../../../../infra/bench/report.ts';
import { formatComparison, hasPassed } from '../../../../infra/bench/report.ts';

const row = (name: string, candidate: number, baseline = 100): RowComparison =>
  compareRow({
    ...{ name, unit: 'us', aim: null },
    values: [{ before: baseline, candidate, after: baseline }],
  });

const reportOf = (rows: readonly RowComparison[]): ComparisonReport => ({
  candidate: { commit: 'c0ffee', uncommittedChanges: false },
  baseline: { commit: 'beef', revision: 'main' },
  ...{ pairs: 1, ownWorker: null, benchCode: [], rows },
  leftOut: [{ name: 'rpc.new', why: 'the baseline does not have it' }],
});

describe('the report of a comparison', () => {
  it('shows each row with its verdict, what is left out, and the sum', () => {
    const report = reportOf([row('rpc.a', 100), row('rpc.b', 50), row('growth', 2, 0)]);
    expect(formatComparison(report)).toEqual([
      'row     unit  baseline  candidate  change  from    to      spread',
      'rpc.a   us    100       100        x1.000  x1.000  x1.000  x1.000  no worse',
      'rpc.b   us    100       50         x0.500  x0.500  x0.500  x1.000  better',
      'growth  us    0         2          +2      +2      +2      0       WORSE',
      'Not compared: rpc.new: the baseline does not have it.',
      '',
      expect.stringContaining('beyond 1.03 and beyond the spread'),
      '3 rows: 1 no worse, 1 better, 1 WORSE',
    ]);
  });

  it('passes if no row is worse', () => {
    expect(hasPassed(reportOf([row('rpc.a', 100), row('rpc.b', 50)]))).toBe(true);
    expect(hasPassed(reportOf([row('rpc.a', 100), row('rpc.b', 110)]))).toBe(false);
  });

  it('does not pass if no row could be compared', () => {
    const report = reportOf([]);
    expect(hasPassed(report)).toBe(false);
    expect(formatComparison(report).at(-1)).toBe('No row could be compared.');
  });
});
