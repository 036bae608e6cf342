import { relative } from 'node:path';
import * as v from 'valibot';
import type { CheckResult } from './checks.ts';
import { rootDir } from './paths.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** A line for each of `failed`, and for each test that passed only when it was tried again. */
  readonly failures: readonly string[];
  readonly secondTries: readonly string[];
}

const TestResult = v.object({
  status: v.string(),
  fullName: v.string(),
  /** Of every try. */
  failureMessages: v.array(v.string()),
});

/** What is read of vitest's JSON report. */
const Report = v.object({
  numPassedTests: v.number(),
  testResults: v.array(
    v.object({
      status: v.string(),
      name: v.pipe(
        v.string(),
        v.transform((file) => relative(rootDir, file)),
      ),
      assertionResults: v.array(TestResult),
    }),
  ),
});
type Report = v.InferOutput<typeof Report>;

export function tallyChecks(results: readonly CheckResult[]): Tally {
  const failures = results.filter(({ passed }) => !passed).map(({ name }) => `check: ${name}`);
  const failed = failures.length;
  return { passed: results.length - failed, failed, failures, secondTries: [] };
}

/**
 * Counts one vitest run from its exit code and its JSON report. A file that failed as a whole counts as
 * one failure, and so does a run that failed without any test to blame, or left no report.
 */
export function tallyRun(run: {
  readonly project: string;
  readonly exitCode: number;
  readonly reportText: string | undefined;
}): Tally {
  const { project, exitCode } = run;
  const report = parseReport(run.reportText);
  if (report === undefined) {
    return { passed: 0, failed: 1, failures: [`${project}: no report`], secondTries: [] };
  }
  const failures = [...namesOf(report, 'failed'), ...brokenFiles(report)];
  if (failures.length === 0 && exitCode !== 0) {
    failures.push(`the run ended with exit code ${exitCode}, though no test failed`);
  }
  const secondTries = namesOf(report, 'passed');
  const ofProject = (name: string): string => `${project}: ${name}`;
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    failures: failures.map(ofProject),
    secondTries: secondTries.map(ofProject),
  };
}

/** Tests that ended so, and failed at least once. */
function namesOf({ testResults }: Report, status: string): string[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === status)
      .filter((test) => status === 'failed' || test.failureMessages.length > 0)
      .map(({ fullName }) => `${name}: ${fullName}`),
  );
}

function brokenFiles({ testResults }: Report): string[] {
  return testResults
    .filter(({ status }) => status === 'failed')
    .filter(({ assertionResults }) => !assertionResults.some((test) => test.status === 'failed'))
    .map(({ name }) => name);
}

function parseReport(text: string | undefined): Report | undefined {
  try {
    const result = v.safeParse(Report, JSON.parse(text ?? ''));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
    failures: tallies.flatMap(({ failures }) => failures),
    secondTries: tallies.flatMap(({ secondTries }) => secondTries),
  };
}

/** What failed, by name, for whoever has only the end of a long output. */
export function formatFindings({ failures, secondTries }: Tally): string[] {
  return [
    ...(failures.length === 0 ? [] : ['Failed:', ...failures.map((one) => `  ${one}`)]),
    ...(secondTries.length === 0
      ? []
      : ['Passed when tried again:', ...secondTries.map((one) => `  ${one}`)]),
  ];
}

export function formatTally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}
