import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newUuid } from '../protocol/ids.ts';
import { runChecks } from './checks.ts';
import { sweep } from './local/sweep.ts';
import { BringUpError, runCommand, say } from './output.ts';
import { nodeModulesDir } from './paths.ts';
import { prepare } from './prepare.ts';
import { runAttached } from './run.ts';
import {
  addTallies,
  failedFiles,
  formatFindings,
  formatTally,
  readRun,
  tallyChecks,
  tallyRun,
} from './tally.ts';
import type { RunResult, Tally } from './tally.ts';

const projects = ['unit', 'edge', 'nodes', 'browsers'] as const;

interface TestOptions {
  readonly projects: readonly string[];
  /** For vitest: files, and its own options. */
  readonly passed: readonly string[];
}

function parseOptions(args: string[]): TestOptions {
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
    projects: chosen.length === 0 ? projects : chosen,
    passed: args.filter((_, index) => !ours.has(index)),
  };
}

/** Real browsers and workers share the machine with whatever else it does: once it may be too slow. */
const triedTwice: readonly string[] = ['nodes', 'browsers'];
/** More files than this do not fail by accident. */
const mostAgain = 3;

/**
 * Runs one project on its own, so that one that cannot even start does not hide the others. Files that
 * failed are run once more from the start, unless it was asked for certain ones.
 */
async function runProject(
  project: string,
  passed: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Tally> {
  say(`\n--- ${project} ---`);
  const run = await runVitest(project, passed, env);
  const failed = failedFiles(run);
  const isAgain = triedTwice.includes(project) && passed.length === 0;
  let again: RunResult | undefined;
  if (isAgain && failed.length > 0 && failed.length <= mostAgain) {
    say(`Once more: ${failed.join(', ')}`);
    again = await runVitest(project, failed, env);
  }
  const tally = tallyRun(run, again);
  say(`${project}: ${formatTally(tally)}`);
  return tally;
}

async function runVitest(
  project: string,
  passed: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<RunResult> {
  const dir = mkdtempSync(join(tmpdir(), 'rizoma-test-'));
  const report = join(dir, 'report.json');
  // Marks every process that the tests start, however detached.
  const mark = { RIZOMA_TEST_ID: newUuid() };
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = join(nodeModulesDir, '.bin', 'vitest');
  const filter = passed.length === 0 ? [] : ['--passWithNoTests', ...passed];
  try {
    const args = ['run', '--project', project, ...reporters, ...filter];
    const exitCode = await runAttached(vitest, args, { ...env, ...mark });
    return readRun({ project, exitCode, reportText: readOrUndefined(report) });
  } finally {
    const left = await sweep(mark);
    for (const { pid, command } of left) say(`Left behind and ended: pid ${pid}: ${command}`);
    rmSync(dir, { recursive: true, force: true });
  }
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseOptions(args);
  const media = options.projects.some((project) => project === 'nodes' || project === 'browsers');
  const env = await prepare({ browser: media, firefox: media, ffmpeg: media });
  // Whoever names files or projects wants those alone.
  const checks = args.length === 0 ? [tallyChecks(await runChecks(say))] : [];
  const runs: Tally[] = [];
  for (const project of options.projects) {
    runs.push(await runProject(project, options.passed, env));
  }
  const total = addTallies([...checks, ...runs]);
  const ran = total.passed + total.failed > 0;
  if (!ran) say('No test fits what was asked for.');
  say('');
  for (const line of formatFindings(total)) say(line);
  say(formatTally(total));
  return ran && total.failed === 0 ? 0 : 1;
}

await runCommand(main);
