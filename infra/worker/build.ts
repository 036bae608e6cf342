import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BringUpError, Progress } from '../output.ts';
import type { Say } from '../output.ts';
import { run } from '../run.ts';
import { mediasoupDir } from './cache.ts';
import { patchSources } from './patches.ts';
import { ensureToolchain } from './toolchain.ts';
import { readWraps, wrapMismatches } from './wraps.ts';

const standInsDir = join(dirname(fileURLToPath(import.meta.url)), 'subprojects');

/** One compilation of the worker's C++ takes up to about this much. */
const JOB_MEMORY_BYTES = 1024 ** 3;

/** Fraction done from one of ninja's lines, as `[12/261] Compiling ...`, else undefined. */
export function ninjaProgress(line: string): { done: number; total: number } | undefined {
  const match = /^\[(\d+)\/(\d+)\]/.exec(line);
  return match === null ? undefined : { done: Number(match[1]), total: Number(match[2]) };
}

/** Fails in words when our stand-ins do not fit the installed mediasoup. */
export function checkStandIns(version: string): void {
  const wraps = readWraps(join(mediasoupDir, 'worker', 'subprojects'));
  const mismatches = wrapMismatches(wraps, readdirSync(standInsDir));
  if (mismatches.length === 0) return;
  throw new BringUpError(
    `The worker of mediasoup ${version} cannot be built from this system's libraries, since ` +
      `infra/worker/subprojects does not fit its wrap files:\n  ${mismatches.join('\n  ')}`,
  );
}

/**
 * Builds the worker from the npm package and the system's libraries, below `dir`, which is the caller's
 * to remove. Meson looks into subprojects/NAME-VERSION before it downloads, so a folder of stand-ins that
 * point at the system's libraries makes the build need no network.
 */
export async function buildWorker(version: string, dir: string, say: Say): Promise<string> {
  checkStandIns(version);
  await ensureToolchain(say);
  say(`Building the mediasoup worker ${version}: about 8 minutes on two cores, once.`);
  const source = join(dir, 'worker');
  mkdirSync(source);
  cpSync(join(mediasoupDir, 'worker'), source, { recursive: true });
  cpSync(standInsDir, join(source, 'subprojects'), { recursive: true });
  patchSources(source);
  const setup = ['setup', 'build', '--buildtype', 'release', '-Db_ndebug=true'];
  await step('meson', [...setup, '--wrap-mode=nodownload'], source);
  await compile(source);
  const output = join(dir, 'mediasoup-worker');
  await step('strip', ['-o', output, join('build', 'mediasoup-worker')], source);
  rmSync(source, { recursive: true });
  return output;
}

async function compile(source: string): Promise<void> {
  const jobs = Math.max(
    1,
    Math.min(availableParallelism(), Math.floor(totalmem() / JOB_MEMORY_BYTES)),
  );
  const progress = new Progress('Building the worker:');
  await step('ninja', ['-C', 'build', '-j', String(jobs), 'mediasoup-worker'], source, (line) => {
    const at = ninjaProgress(line);
    if (at !== undefined) progress.update(at.done / at.total, `${at.done}/${at.total}`);
  });
  progress.end();
}

async function step(
  program: string,
  args: readonly string[],
  cwd: string,
  onLine: (line: string) => void = () => undefined,
): Promise<void> {
  // Ninja keeps to one moving line on a terminal; through a pipe it writes a line a step.
  const env = { ...process.env, NINJA_STATUS: '[%f/%t] ', LC_ALL: 'C.UTF-8' };
  const { code, output } = await run(program, args, { cwd, env, onLine });
  if (code !== 0) throw new BringUpError(`${program} ${args.join(' ')} failed:\n${output}`);
}
