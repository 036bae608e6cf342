import { parseArgs } from 'node:util';
import { BringUpError, say } from '../output.ts';
import { prepare } from '../prepare.ts';
import { projects } from './parts.ts';
import { formatTime } from './progress.ts';
import { quarantine, quarantineFaults } from './quarantine.ts';
import type { RunReport } from './report.ts';
import { addReports, brokenRun, formatFailures, formatTally } from './report.ts';

/** What the command line asks for. */
export interface TestCommand {
  /** For vitest, without the projects. */
  readonly args: readonly string[];
  readonly named: {
    readonly projects: readonly string[] | undefined;
    /** Whether files are named. */
    readonly files: boolean;
  };
  readonly env: NodeJS.ProcessEnv;
}

/** Splits the projects from what vitest is to read by itself. Fails where a project is unknown. */
export function parseTestArgs(given: readonly string[]): Omit<TestCommand, 'env'> {
  // npm takes `--` away; a shell that calls the bootstrap does not.
  const args = given.filter((arg) => arg !== '--');
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: { project: { type: 'string', multiple: true } },
  });
  const ours = new Set<number>();
  const chosen = tokens.flatMap((token) => {
    if (token.kind !== 'option' || token.name !== 'project') return [];
    ours.add(token.index);
    if (token.inlineValue !== true) ours.add(token.index + 1);
    return [token.value ?? ''];
  });
  const unknown = chosen.find((name) => !projects.some((project) => project === name));
  if (unknown !== undefined) {
    throw new BringUpError(`There is no project "${unknown}". Projects: ${projects.join(', ')}`);
  }
  return {
    args: args.filter((_, index) => !ours.has(index)),
    named: {
      projects: chosen.length === 0 ? undefined : chosen,
      files: tokens.some((token) => token.kind === 'positional' && !ours.has(token.index)),
    },
  };
}

/** Whether any of the projects runs browsers or ffmpeg. */
function needsMedia(chosen: readonly string[]): boolean {
  return chosen.some((project) => !['checks', 'unit', 'edge'].includes(project));
}

/** Prepares, runs what is asked for, and closes with what failed and `N passed, N failed`. */
export async function testFromCommandLine(
  run: (command: TestCommand) => Promise<readonly RunReport[]>,
): Promise<number> {
  const parsed = parseTestArgs(process.argv.slice(2));
  const faults = quarantineFaults(quarantine, new Date().toISOString().slice(0, 10));
  for (const { name, reason, until } of quarantine) {
    say(`Quarantined until ${until}: ${name}: ${reason}`);
  }
  const media = needsMedia(parsed.named.projects ?? projects);
  const began_ms = performance.now();
  const env = await prepare({ browser: media, firefox: media, ffmpeg: media });
  const total = addReports([...(await run({ ...parsed, env })), ...faults.map(brokenRun)]);
  const ran = total.passed + total.failed > 0;
  if (!ran) say('No test fits what was asked for.');
  for (const line of formatFailures(total)) say(line);
  say(`${total.skipped} skipped, ${formatTime(performance.now() - began_ms)} with the set-up`);
  say(formatTally(total));
  return ran && total.failed === 0 ? 0 : 1;
}
