/**
 * Tests that fail now and then for a reason that is known and not mended yet. They run as all others do, each
 * failure is shown, and it does not turn the run red.
 */
export interface QuarantinedTest {
  /** As a run names it: `PROJECT: FILE: NAME`. */
  readonly name: string;
  /** What fails, and what is known of the cause. */
  readonly reason: string;
  /** The day it came here and the day it leaves, mended or removed: at most 30 days later, as `2026-12-31`. */
  readonly since: string;
  readonly until: string;
}

export const quarantine: readonly QuarantinedTest[] = [];

/** More would hide what is wrong with the suite; longer would be for ever. */
export const quarantineLimits = { tests: 3, days: 30 } as const;

const day_ms = 86_400_000;

/** What is wrong with the list on a day, in words; such a list fails the run. */
export function quarantineFaults(list: readonly QuarantinedTest[], today: string): string[] {
  const { tests, days } = quarantineLimits;
  const many = `${list.length} tests are quarantined; at most ${tests} may be.`;
  return [
    ...(list.length > tests ? [many] : []),
    ...list.flatMap(({ name, since, until }) => {
      const length_days = (Date.parse(until) - Date.parse(since)) / day_ms;
      if (!(length_days > 0 && length_days <= days)) {
        return [`The quarantine of "${name}" has to end within ${days} days of its beginning.`];
      }
      return today > until ? [`The quarantine of "${name}" ended on ${until}: mend it.`] : [];
    }),
  ];
}

/** What a run has seen, each as it names them. */
export interface SeenTests {
  /** `PROJECT: FILE` */
  readonly files: ReadonlySet<string>;
  /** `PROJECT: FILE: NAME` */
  readonly tests: ReadonlySet<string>;
}

/** Those of the list whose file ran and has no test of that name: it was renamed or removed, and the list forgotten. */
export function unknownTests(list: readonly QuarantinedTest[], seen: SeenTests): string[] {
  return list
    .map(({ name }) => name)
    .filter((name) => {
      const file = name.split(': ').slice(0, 2).join(': ');
      return seen.files.has(file) && !seen.tests.has(name);
    });
}
