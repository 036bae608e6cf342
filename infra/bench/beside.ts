import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { BringUpError } from '../output.ts';
import type { Say } from '../output.ts';
import type { Comparison, Pair } from './comparison.ts';
import { comparePairs } from './comparison.ts';
import { ensureWorktree, hasUncommittedChanges, resolveCommit } from './git.ts';
import type { BenchName } from './names.ts';
import { leastPairs } from './options.ts';
import type { BenchRow } from './rows.ts';
import type { ComparisonReport } from './report.ts';
import { formatComparison, hasPassed } from './report.ts';
import type { Side } from './run-bench.ts';
import { rehearse, runBench, withoutCheckout } from './run-bench.ts';
import { describeRun, planRuns } from './schedule.ts';
import { differingFiles, testFilesFrom } from './trees.ts';
import { whyOtherWorker } from './worker-change.ts';

export interface BesideOptions {
  /** The checkout whose state is the candidate. */
  readonly root: string;
  /** Keeps the worktrees of baselines, one a commit. */
  readonly cacheDir: string;
  readonly names: readonly BenchName[];
  readonly revision: string;
  readonly pairs: number;
  readonly json: string | undefined;
  readonly say: Say;
  /** Resolves with the environment that names the candidate's worker and browser. */
  readonly prepare: () => Promise<NodeJS.ProcessEnv>;
}

interface Roots {
  readonly candidate: string;
  readonly baseline: string;
}

/** Compares a checkout with a commit of its repository; resolves with the exit code. */
export async function compareBeside(options: BesideOptions): Promise<number> {
  const { root, cacheDir, revision, json, say } = options;
  const commit = await resolveCommit(root, revision);
  // Two comparisons at a time would measure each other.
  const onWait = (pid: number): void =>
    say(`Another comparison (pid ${pid}) runs: waiting for it.`);
  return await withLock(join(cacheDir, 'lock'), onWait, async () => {
    const dir = join(cacheDir, commit);
    await ensureWorktree(root, { dir, commit }, say);
    const report = await compare(options, { candidate: root, baseline: dir }, commit);
    say('');
    for (const line of formatComparison(report)) say(line);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    return hasPassed(report) ? 0 : 1;
  });
}

async function compare(
  options: BesideOptions,
  roots: Roots,
  baselineCommit: string,
): Promise<ComparisonReport> {
  const { root, revision, pairs, say } = options;
  const candidate = {
    commit: await resolveCommit(root, 'HEAD'),
    uncommittedChanges: await hasUncommittedChanges(root),
  };
  const changes = candidate.uncommittedChanges ? ' with uncommitted changes' : '';
  say(`Candidate: this checkout, ${candidate.commit.slice(0, 10)}${changes}`);
  say(`Baseline: ${revision}, ${baselineCommit.slice(0, 10)}, in ${roots.baseline}`);
  if (pairs < leastPairs) say(`${pairs} of ${leastPairs} pairs: for trying it out, not a result.`);
  const names = options.names.filter((name) => hasBench(roots.baseline, name));
  if (names.length === 0) {
    throw new BringUpError(`The baseline has none of these benches: ${options.names.join(', ')}`);
  }
  const benchCode = changedBenchCode(roots, names, say);
  const ownWorker = whyOtherWorker(roots);
  const sides = await prepareSides(options, roots, { ownWorker, bench: names[0] });
  const { rows, leftOut } = await measure(sides, names, options);
  const missing = options.names
    .filter((name) => !names.includes(name))
    .map((name) => ({ name, why: 'the baseline does not have this bench' }));
  return {
    candidate,
    baseline: { commit: baselineCommit, revision },
    ...{ pairs, ownWorker: ownWorker ?? null, benchCode },
    ...{ rows, leftOut: [...missing, ...leftOut] },
  };
}

function hasBench(root: string, name: BenchName): boolean {
  return existsSync(join(root, 'test', 'bench', `${name}.ts`));
}

/** Names the files of the benches that differ: figures may differ because of them. */
function changedBenchCode(roots: Roots, names: readonly BenchName[], say: Say): string[] {
  const entries = names.map((name) => `test/bench/${name}.ts`);
  const files = Object.values(roots).flatMap((root) => testFilesFrom(root, entries));
  const changed = differingFiles(roots, files).map(({ file, how }) => `${file} (${how})`);
  if (changed.length > 0) {
    say('NOTE: the code of the benches differs, and figures may differ because of it:');
    for (const file of changed) say(`  ${file}`);
  }
  return changed;
}

interface Sides {
  readonly candidate: Side;
  readonly baseline: Side;
}

async function prepareSides(
  { prepare, say }: BesideOptions,
  roots: Roots,
  needs: { readonly ownWorker: string | undefined; readonly bench: BenchName | undefined },
): Promise<Sides> {
  const { ownWorker, bench } = needs;
  const env = withoutCheckout(await prepare());
  const worker = env['MEDIASOUP_WORKER_BIN'] ?? '';
  say(
    ownWorker === undefined
      ? `Worker: the same binary for both, ${worker}`
      : `Worker: the baseline has its own, since ${ownWorker}`,
  );
  const candidate = { title: 'candidate', root: roots.candidate, env };
  // The worker's cache goes by mediasoup's version alone: with another recipe it needs a cache of its own.
  const { MEDIASOUP_WORKER_BIN, ...rest } = env;
  const ownEnv = { ...rest, RIZOMA_CACHE: `${roots.baseline}-cache` };
  const baseline = {
    title: 'baseline',
    root: roots.baseline,
    env: ownWorker === undefined ? env : ownEnv,
  };
  if (bench !== undefined) {
    await prepareBaseline(baseline, { bench, worker: ownWorker ?? worker }, say);
  }
  return { candidate, baseline };
}

/** npm removes this note with the dependencies that it stands for. */
const readyNote = join('node_modules', '.rizoma-bench-ready');

/** Any commit can install and build what it needs by running a bench, and by that alone. */
async function prepareBaseline(
  baseline: Side,
  options: { readonly bench: BenchName; readonly worker: string },
  say: Say,
): Promise<void> {
  const { bench, worker } = options;
  const note = join(baseline.root, readyNote);
  if (existsSync(note) && readFileSync(note, 'utf8') === worker) return;
  say(`Preparing the baseline, with a run of ${bench} that does not count ...`);
  await rehearse(baseline, bench);
  writeFileSync(note, worker);
}

/** Runs all pairs of a bench before those of the next one, so that runs that are compared lie close together. */
async function measure(
  { candidate, baseline }: Sides,
  names: readonly BenchName[],
  { pairs, say }: BesideOptions,
): Promise<Comparison> {
  const plan = planRuns(names, pairs);
  const took_ms: number[] = [];
  const run = async (side: Side, bench: BenchName): Promise<readonly BenchRow[]> => {
    say(describeRun(plan, took_ms));
    const began_ms = performance.now();
    const rows = await runBench(side, bench);
    took_ms.push(performance.now() - began_ms);
    return rows;
  };
  const comparisons: Comparison[] = [];
  for (const bench of names) {
    const measured: Pair[] = [];
    while (measured.length < pairs) {
      const before = await run(baseline, bench);
      const middle = await run(candidate, bench);
      const after = await run(baseline, bench);
      measured.push({ before, candidate: middle, after });
    }
    comparisons.push(comparePairs(measured));
  }
  return {
    rows: comparisons.flatMap(({ rows }) => rows),
    leftOut: comparisons.flatMap(({ leftOut }) => leftOut),
  };
}
