import { expect, test } from 'vitest';
import { formatTable } from '../../../infra/table.ts';
import {
  addTallies,
  failedFiles,
  formatFindings,
  formatTally,
  readRun,
  tallyChecks,
  tallyRun,
} from '../../../infra/tally.ts';

const one = (status: string) => ({ status, fullName: `is ${status}` });

const file = (status: string, ...tests: string[]) => ({
  ...{ status, name: 'a.test.ts', assertionResults: tests.map(one) },
});

function runOf(exitCode: number, ...testResults: object[]) {
  const reportText = JSON.stringify({ testResults });
  return readRun({ project: 'mesh', exitCode, reportText });
}

const failing = runOf(1, file('failed', 'passed', 'failed'), {
  ...file('passed', 'passed'),
  name: 'b.test.ts',
});

test('tests of a run are counted, and those that failed are named', () => {
  expect(tallyRun(failing)).toEqual({
    ...{ passed: 2, failed: 1, secondTries: [] },
    failures: ['mesh: a.test.ts: is failed'],
  });
  expect(failedFiles(failing)).toEqual(['a.test.ts']);
});

test('a file that is run again counts as it ended, and what failed at first is named', () => {
  const again = runOf(0, file('passed', 'passed', 'passed'));
  expect(tallyRun(failing, again)).toEqual({
    ...{ passed: 3, failed: 0, failures: [] },
    secondTries: ['mesh: a.test.ts: is failed'],
  });
});

test('a file that fails again has failed', () => {
  const again = runOf(1, file('failed', 'passed', 'failed'));
  expect(tallyRun(failing, again)).toEqual(tallyRun(failing));
});

test('what failed has failed where running it again leaves no report', () => {
  const again = readRun({ project: 'mesh', exitCode: 1, reportText: undefined });
  expect(tallyRun(failing, again)).toMatchObject({
    failed: 2,
    failures: ['mesh: a.test.ts: is failed', 'mesh: no report'],
  });
});

test('a file that does not load is a failure', () => {
  expect(tallyRun(runOf(1, file('failed')))).toMatchObject({
    ...{ passed: 0, failed: 1 },
    failures: ['mesh: a.test.ts'],
  });
});

test('a run that fails with no test to blame is a failure', () => {
  expect(tallyRun(runOf(1, file('passed', 'passed')))).toMatchObject({
    ...{ passed: 1, failed: 1 },
    failures: ['mesh: the run ended with exit code 1, though no test failed'],
  });
});

test('a run that leaves no report, or half of one, is a failure', () => {
  for (const reportText of [undefined, '{"testRes']) {
    expect(tallyRun(readRun({ project: 'mesh', exitCode: 0, reportText }))).toMatchObject({
      ...{ passed: 0, failed: 1 },
      failures: ['mesh: no report'],
    });
  }
});

test('checks and runs add up to the last line, and what failed stands before it', () => {
  const checks = tallyChecks([
    { name: 'lint', passed: true },
    { name: 'format', passed: false },
  ]);
  const run = tallyRun(failing, runOf(0, file('passed', 'passed', 'passed')));
  const total = addTallies([checks, run]);
  expect(formatTally(total)).toBe('4 passed, 1 failed');
  expect(formatFindings(total)).toEqual([
    'Failed:',
    '  check: format',
    'Passed when run again:',
    '  mesh: a.test.ts: is failed',
  ]);
});

test('a table is aligned', () => {
  expect(formatTable(['a', 'long'], [['wide one', 'x']])).toEqual([
    'a         long',
    'wide one  x',
  ]);
});
