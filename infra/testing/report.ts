import * as v from 'valibot';

/** A test that failed, or a file or check that failed as a whole. */
const Failure = v.strictObject({
  /** `PROJECT: FILE: NAME`. */
  name: v.string(),
  /** The folder of what the failure left, where there is one. */
  evidence: v.optional(v.string()),
});

/** The outcome of one run of vitest. */
export const RunReport = v.strictObject({
  passed: v.number(),
  failed: v.number(),
  skipped: v.number(),
  failures: v.array(Failure),
  /** Failures of quarantined tests: shown, and not counted as failed. */
  quarantined: v.array(Failure),
});
export type Failure = v.InferOutput<typeof Failure>;
export type RunReport = v.InferOutput<typeof RunReport>;

export const emptyReport: RunReport = {
  passed: 0,
  failed: 0,
  skipped: 0,
  failures: [],
  quarantined: [],
};

/** A run that failed with no test to blame. */
export function brokenRun(name: string): RunReport {
  return { ...emptyReport, failed: 1, failures: [{ name }] };
}

export function addReports(reports: readonly RunReport[]): RunReport {
  const sum = (pick: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    failures: reports.flatMap(({ failures }) => failures),
    quarantined: reports.flatMap(({ quarantined }) => quarantined),
  };
}

/** What failed, by name, for a reader who has only the end of a long output. */
export function formatFailures({ failures, quarantined }: RunReport): string[] {
  const list = (title: string, all: readonly Failure[]): string[] =>
    all.length === 0 ? [] : [title, ...all.flatMap(formatFailure)];
  return [...list('Failed, but quarantined:', quarantined), ...list('Failed:', failures)];
}

function formatFailure({ name, evidence }: Failure): string[] {
  return [`  ${name}`, ...(evidence === undefined ? [] : [`    logs and pictures: ${evidence}`])];
}

/** The closing line of every test command. */
export function formatTally({ passed, failed }: Pick<RunReport, 'passed' | 'failed'>): string {
  return `${passed} passed, ${failed} failed`;
}
