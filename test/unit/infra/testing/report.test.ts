import { describe, expect, it } from 'vitest';
import {
  addReports,
  brokenRun,
  emptyReport,
  formatFailures,
  formatTally,
} from '../../../../infra/testing/report.ts';

const passed = { ...emptyReport, passed: 3, skipped: 1 };

describe('the report of a test run', () => {
  it('adds up over several runs and ends with the closing line', () => {
    const total = addReports([passed, brokenRun('fuzz: the run broke'), passed]);
    expect(total).toMatchObject({ passed: 6, failed: 1, skipped: 2 });
    expect(formatTally(total)).toBe('6 passed, 1 failed');
  });

  it('names each failure with the folder of what it left', () => {
    const failures = [{ name: 'unit: a.test.ts: adds', evidence: '.rizoma/tests/1/unit-a' }];
    expect(formatFailures({ ...emptyReport, failed: 1, failures })).toEqual([
      'Failed:',
      '  unit: a.test.ts: adds',
      '    logs and pictures: .rizoma/tests/1/unit-a',
    ]);
  });

  it('shows failures of quarantined tests and does not count them', () => {
    const report = { ...passed, quarantined: [{ name: 'nodes: b.test.ts: moves' }] };
    expect(formatFailures(report)).toEqual([
      'Failed, but quarantined:',
      '  nodes: b.test.ts: moves',
    ]);
    expect(formatTally(report)).toBe('3 passed, 0 failed');
  });
});
