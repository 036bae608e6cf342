import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { newUuid } from '../../protocol/ids.ts';
import { sweepWhere } from '../local/sweep.ts';
import { say } from '../output.ts';
import { rootDir } from '../paths.ts';
import { runAttached } from '../run.ts';
import { brokenRun, RunReport } from './report.ts';
import { addressBasesOf, claimSlot } from './slot.ts';

/** Runs whose evidence is kept, the latest ones: enough to compare a failure with the one before. */
const keptRuns = 5;
const runsDir = join(rootDir, '.rizoma', 'tests');

export interface TestRun {
  /** For messages and the JUnit file. */
  readonly name: string;
  /** What vitest's command line takes: projects, files, its own options. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Runs vitest once; ends every process that its tests have left behind. */
export async function runVitest({ name, args, env }: TestRun): Promise<RunReport> {
  const slot = await claimSlot();
  // Marks every process that the tests start, however detached.
  const mark = { RIZOMA_TEST_ID: newUuid() };
  const evidenceDir = newEvidenceDir(name);
  const junit = join(evidenceDir, 'junit.xml');
  let report: RunReport | undefined;
  try {
    const entry = join(import.meta.dirname, 'vitest.ts');
    const code = await runAttached(process.execPath, [entry, ...args], {
      env: {
        ...env,
        ...mark,
        RIZOMA_TEST_SLOT: String(slot.number),
        RIZOMA_TEST_EVIDENCE: evidenceDir,
        RIZOMA_TEST_JUNIT: junit,
      },
      onMessage: (message) => {
        report = v.parse(RunReport, message);
      },
    });
    say(`JUnit: ${relative(rootDir, junit)}`);
    return code === 0 && report !== undefined
      ? report
      : brokenRun(`${name}: the run ended with exit code ${code} and no report`);
  } finally {
    const left = await sweepWhere(isOfRun(mark.RIZOMA_TEST_ID, slot.number));
    for (const { pid, command } of left) say(`Left behind and ended: pid ${pid}: ${command}`);
    await slot.release();
  }
}

/** Processes of tests carry the mark; ErizoJS processes, which agents start with an environment of their own, the slot's addresses. */
function isOfRun(testId: string, slot: number): (env: ReadonlyMap<string, string>) => boolean {
  const bases = addressBasesOf(slot).map((base) => `127.${base}.`);
  return (env) =>
    env.get('RIZOMA_TEST_ID') === testId ||
    bases.some((base) => env.get('RIZOMA_IP')?.startsWith(base) === true);
}

function newEvidenceDir(name: string): string {
  mkdirSync(runsDir, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  // Names begin with the time, so that they sort by age.
  for (const old of readdirSync(runsDir)
    .toSorted()
    .slice(0, -(keptRuns - 1))) {
    rmSync(join(runsDir, old), { recursive: true, force: true });
  }
  const dir = join(runsDir, `${stamp}-${name}`);
  mkdirSync(dir);
  return dir;
}
