import { BringUpError, runCommand, say } from './output.ts';
import { testFromCommandLine } from './testing/command.ts';
import { parts } from './testing/parts.ts';
import { formatTime } from './testing/progress.ts';
import type { RunReport } from './testing/report.ts';
import { formatTally } from './testing/report.ts';
import { runVitest } from './testing/run.ts';

/** `npm run test:long [-- PART ...]`: all that the short run leaves out, or some parts of it, one after another. */
await runCommand(() =>
  testFromCommandLine(async ({ args, env }) => {
    const reports: RunReport[] = [];
    for (const name of chosenParts(args)) {
      const {
        projects,
        files = [],
        env: more = {},
        about,
      } = parts[name] ?? { projects: [], about: '' };
      say(`\n--- ${name}: ${about} ---`);
      const began_ms = performance.now();
      const flags = projects.map((project) => `--project=${project}`);
      const report = await runVitest({
        name,
        args: [...flags, ...files],
        env: { ...more, ...env },
      });
      say(`${name}: ${formatTally(report)} in ${formatTime(performance.now() - began_ms)}`);
      reports.push(report);
    }
    return reports;
  }),
);

function chosenParts(args: readonly string[]): readonly string[] {
  const known = Object.keys(parts);
  const unknown = args.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new BringUpError(
      `There is no part "${unknown}" of the long run. Parts: ${known.join(', ')}`,
    );
  }
  return args.length === 0 ? known : args;
}
