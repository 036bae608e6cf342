import { relative } from 'node:path';
import * as v from 'valibot';
import type { CheckResult } from './checks.ts';
import { rootDir } from './paths.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** A line for each of `failed`. */
  readonly failures: readonly string[];
  /** A line for each that failed at first, and not when its file was run again. */
  readonly secondTries: readonly string[];
}

/** What one run of vitest said. */
export interface RunResult {
  readonly project: string;
  readonly files: readonly FileResult[];
  /** What failed with no test to blame. */
  readonly otherwise: readonly string[];
}

interface FileResult {
  readonly file: string;
  readonly passed: number;
  /** A file that failed as a whole is one. */
  readonly failures: readonly string[];
}

/** What is read of vitest's JSON report. */
const Report = v.object({
  testResults: v.array(
    v.object({
      status: v.string(),
      name: v.string(),
      assertionResults: v.array(v.object({ status: v.string(), fullName: v.string() })),
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
 * Reads one vitest run from its exit code and its JSON report. A run that failed without any test to
 * blame, or left no report, has failed otherwise.
 */
export function readRun(run: {
  readonly project: string;
  readonly exitCode: number;
  readonly reportText: string | undefined;
}): RunResult {
  const { project, exitCode } = run;
  const report = parseReport(run.reportText);
  if (report === undefined) return { project, files: [], otherwise: ['no report'] };
  const files = report.testResults.map(fileResult);
  const isBlamed = exitCode === 0 || files.some(({ failures }) => failures.length > 0);
  const unblamed = `the run ended with exit code ${exitCode}, though no test failed`;
  return { project, files, otherwise: isBlamed ? [] : [unblamed] };
}

function fileResult({ status, name, assertionResults }: Report['testResults'][number]): FileResult {
  const file = relative(rootDir, name);
  const named = (wanted: string): string[] =>
    assertionResults
      .filter((test) => test.status === wanted)
      .map(({ fullName }) => `${file}: ${fullName}`);
  const failures = named('failed');
  const isBroken = status === 'failed' && failures.length === 0;
  return { file, passed: named('passed').length, failures: isBroken ? [file] : failures };
}

export function failedFiles({ files }: RunResult): string[] {
  return files.filter(({ failures }) => failures.length > 0).map(({ file }) => file);
}

/** Counts a run, and what is left of its failures where some of its files were run again. */
export function tallyRun(run: RunResult, again?: RunResult): Tally {
  const latest = new Map(
    [...run.files, ...(again?.files ?? [])].map((result) => [result.file, result]),
  );
  const files = [...latest.values()];
  const ofProject = (name: string): string => `${run.project}: ${name}`;
  const otherwise = [...run.otherwise, ...(again?.otherwise ?? [])];
  const failures = [...files.flatMap((file) => file.failures), ...otherwise].map(ofProject);
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failed: failures.length,
    failures,
    secondTries: run.files
      .flatMap((file) => file.failures)
      .map(ofProject)
      .filter((name) => !failures.includes(name)),
  };
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
      : ['Passed when run again:', ...secondTries.map((one) => `  ${one}`)]),
  ];
}

export function formatTally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}
