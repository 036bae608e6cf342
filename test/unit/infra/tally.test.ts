import { expect, test } from 'vitest';
import { formatTable } from '../../../infra/table.ts';
import {
  addTallies,
  formatFindings,
  formatTally,
  tallyChecks,
  tallyRun,
} from '../../../infra/tally.ts';

const one = (status: string, ...failureMessages: string[]) => ({
  ...{ status, fullName: `is ${status}`, failureMessages },
});

const file = (status: string, ...assertionResults: object[]) => ({
  ...{ status, name: 'a.test.ts', assertionResults },
});

function tallyOf(exitCode: number, passed: number, ...testResults: object[]) {
  const reportText = JSON.stringify({ numPassedTests: passed, testResults });
  return tallyRun({ project: 'unit', exitCode, reportText });
}

test('tests of a run are counted, and those that failed are named', () => {
  const files = [file('passed', one('passed')), file('failed', one('passed'), one('failed', 'x'))];
  expect(tallyOf(1, 2, ...files)).toEqual({
    ...{ passed: 2, failed: 1, secondTries: [] },
    failures: ['unit: a.test.ts: is failed'],
  });
});

test('a test that passed when it was tried again is named', () => {
  expect(tallyOf(0, 1, file('passed', one('passed', 'too late')))).toEqual({
    ...{ passed: 1, failed: 0, failures: [] },
    secondTries: ['unit: a.test.ts: is passed'],
  });
});

test('a file that does not load is a failure', () => {
  expect(tallyOf(1, 1, file('passed', one('passed')), file('failed'))).toMatchObject({
    ...{ passed: 1, failed: 1 },
    failures: ['unit: a.test.ts'],
  });
});

test('a run that fails with no test to blame is a failure', () => {
  expect(tallyOf(1, 3)).toMatchObject({
    ...{ passed: 3, failed: 1 },
    failures: ['unit: the run ended with exit code 1, though no test failed'],
  });
});

test('a run that leaves no report, or half of one, is a failure', () => {
  for (const reportText of [undefined, '{"numPassed']) {
    expect(tallyRun({ project: 'unit', exitCode: 0, reportText })).toMatchObject({
      ...{ passed: 0, failed: 1 },
      failures: ['unit: no report'],
    });
  }
});

test('checks and runs add up to the last line, and what failed stands before it', () => {
  const checks = tallyChecks([
    { name: 'lint', passed: true },
    { name: 'format', passed: false },
  ]);
  const run = tallyOf(0, 5, file('passed', one('passed', 'too late')));
  const total = addTallies([checks, run]);
  expect(formatTally(total)).toBe('6 passed, 1 failed');
  expect(formatFindings(total)).toEqual([
    'Failed:',
    '  check: format',
    'Passed when tried again:',
    '  unit: a.test.ts: is passed',
  ]);
});

test('a table is aligned', () => {
  expect(formatTable(['a', 'long'], [['wide one', 'x']])).toEqual([
    'a         long',
    'wide one  x',
  ]);
});
