import * as v from 'valibot';
import type { CheckResult } from './checks.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** What is read of vitest's JSON report. */
const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  testResults: v.array(
    v.object({ status: v.string(), assertionResults: v.array(v.object({ status: v.string() })) }),
  ),
});

export function tallyChecks(results: readonly CheckResult[]): Tally {
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed };
}

/**
 * Counts one vitest run from its exit code and its JSON report. A file that failed as a whole counts as
 * one failure, and so does a run that failed without any test to blame, or left no report.
 */
export function tallyRun(exitCode: number, reportText: string | undefined): Tally {
  const report = parseReport(reportText);
  if (report === undefined) return { passed: 0, failed: 1 };
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
  };
}

function parseReport(text: string | undefined): v.InferOutput<typeof Report> | undefined {
  try {
    const result = v.safeParse(Report, JSON.parse(text ?? ''));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, one) => ({ passed: sum.passed + one.passed, failed: sum.failed + one.failed }),
    { passed: 0, failed: 0 },
  );
}

export function formatTally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}
