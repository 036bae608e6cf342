import { expect, test } from 'vitest';
import { formatTable } from '../../../infra/table.ts';
import { addTallies, formatTally, tallyChecks, tallyRun } from '../../../infra/tally.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
});

function report(passed: number, failed: number, ...testResults: object[]): string {
  return JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults });
}

test('tests of a run are counted', () => {
  const text = report(2, 1, file('passed', 'passed'), file('failed', 'passed', 'failed'));
  expect(tallyRun(1, text)).toEqual({ passed: 2, failed: 1 });
});

test('a file that does not load is a failure', () => {
  expect(tallyRun(1, report(1, 0, file('passed', 'passed'), file('failed')))).toEqual({
    passed: 1,
    failed: 1,
  });
});

test('a run that fails with no test to blame is a failure', () => {
  expect(tallyRun(1, report(3, 0))).toEqual({ passed: 3, failed: 1 });
});

test('a run that leaves no report, or half of one, is a failure', () => {
  expect(tallyRun(0, undefined)).toEqual({ passed: 0, failed: 1 });
  expect(tallyRun(0, '{"numPassed')).toEqual({ passed: 0, failed: 1 });
});

test('checks and runs add up to the last line', () => {
  const checks = tallyChecks([
    { name: 'lint', passed: true },
    { name: 'format', passed: false },
  ]);
  expect(formatTally(addTallies([checks, { passed: 5, failed: 0 }]))).toBe('6 passed, 1 failed');
});

test('a table is aligned', () => {
  expect(formatTable(['a', 'long'], [['wide one', 'x']])).toEqual([
    'a         long',
    'wide one  x',
  ]);
});
