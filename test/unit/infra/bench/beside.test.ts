import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareBeside } from '../../../../infra/bench/beside.ts';

/** Stands for `infra/bootstrap.mjs`: notes that it runs, and measures what `figures.json` says. */
const door = `
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command, bench, , file] = process.argv.slice(2);
mkdirSync(join(root, 'node_modules'), { recursive: true });
const { value, error } = JSON.parse(readFileSync(join(root, 'figures.json'), 'utf8'));
appendFileSync(process.env.RUNS, [root, command, bench, file === undefined ? 'shown' : 'measured', process.env.MEDIASOUP_WORKER_BIN ?? 'own-worker'].join(' ') + '\\n');
if (error !== undefined) {
  console.log(error);
  process.exit(3);
}
if (file !== undefined) writeFileSync(file, JSON.stringify([{ name: bench + '.a', value, unit: 'us', aim: null }]));
`;

let temporary: string;
let root: string;
let said: string[];

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', ['-C', root, ...identity, ...args], { encoding: 'utf8' }).trim();
}

function put(file: string, text: string, dir = root): void {
  mkdirSync(join(dir, file, '..'), { recursive: true });
  writeFileSync(join(dir, file), text);
}

function commit(): string {
  git('add', '.');
  git('-c', 'commit.gpgsign=false', 'commit', '--quiet', '--message', 'state');
  return git('rev-parse', 'HEAD');
}

function compare(options: { revision?: string; pairs?: number } = {}): Promise<number> {
  return compareBeside({
    root,
    cacheDir: join(temporary, 'cache'),
    names: ['rpc'],
    revision: 'HEAD',
    pairs: 2,
    json: join(temporary, 'comparison.json'),
    say: (line) => said.push(line),
    prepare: () => {
      const env = { MEDIASOUP_WORKER_BIN: 'worker', RUNS: join(temporary, 'runs') };
      return Promise.resolve({ ...process.env, ...env });
    },
    ...options,
  });
}

/** The runs since the last call, with the sides' roots replaced by their names. */
function runs(baseline: string): string[] {
  const file = join(temporary, 'runs');
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  rmSync(file);
  return lines.map((line) => line.replace(baseline, 'baseline').replace(root, 'candidate'));
}

const worktreeOf = (hash: string): string => join(temporary, 'cache', hash);

beforeEach(() => {
  temporary = realpathSync(mkdtempSync(join(tmpdir(), 'rizoma-beside-')));
  root = join(temporary, 'repository');
  said = [];
  mkdirSync(root);
  git('init', '--quiet');
  const packages = { 'node_modules/mediasoup': { version: '3.0.0' } };
  put('package-lock.json', JSON.stringify({ packages }));
  put('infra/bootstrap.mjs', door);
  put('test/bench/rpc.ts', '');
  put('figures.json', '{ "value": 100 }');
  put('.gitignore', 'node_modules\n');
});
afterEach(() => rmSync(temporary, { recursive: true }));

describe('a comparison with a commit', () => {
  it('alternates runs of both, finds a row that is worse, and writes every value', async () => {
    const baseline = commit();
    put('figures.json', '{ "value": 120 }');
    expect(await compare()).toBe(1);
    const [first, ...measured] = runs(worktreeOf(baseline));
    expect(first).toBe('baseline bench rpc shown worker');
    const pair = ['baseline', 'candidate', 'baseline'];
    expect(measured).toEqual([...pair, ...pair].map((side) => `${side} bench rpc measured worker`));
    const written: unknown = JSON.parse(readFileSync(join(temporary, 'comparison.json'), 'utf8'));
    const values = { before: 100, candidate: 120, after: 100 };
    expect(written).toMatchObject({
      candidate: { commit: baseline, uncommittedChanges: true },
      baseline: { commit: baseline, revision: 'HEAD' },
      rows: [{ name: 'rpc.a', values: [values, values], change: 1.2, verdict: 'WORSE' }],
    });
    expect(said.at(-1)).toBe('1 rows: 0 no worse, 0 better, 1 WORSE');
  });

  it('passes for a build against itself, and prepares a baseline once', async () => {
    const baseline = commit();
    expect(await compare({ pairs: 1 })).toBe(0);
    expect(runs(worktreeOf(baseline))).toHaveLength(4);
    expect(await compare({ pairs: 1 })).toBe(0);
    expect(runs(worktreeOf(baseline))).toHaveLength(3);
  });

  it('checks a baseline out again if a file of it was changed', async () => {
    const baseline = commit();
    await compare({ pairs: 1 });
    put('figures.json', '{ "value": 50 }', worktreeOf(baseline));
    expect(await compare({ pairs: 1 })).toBe(0);
  });

  it('survives a worktree that was deleted and a pruned list of worktrees', async () => {
    const baseline = commit();
    await compare({ pairs: 1 });
    git('worktree', 'prune');
    expect(existsSync(worktreeOf(baseline))).toBe(true);
    rmSync(worktreeOf(baseline), { recursive: true });
    expect(await compare({ pairs: 1 })).toBe(0);
  });

  it('lets the baseline build its own worker if the recipe differs, and names changed bench code', async () => {
    const baseline = commit();
    put('infra/worker/build.ts', '');
    put('test/bench/rpc.ts', '// Measures something else.');
    await compare({ pairs: 1 });
    expect(runs(worktreeOf(baseline))).toEqual([
      'baseline bench rpc shown own-worker',
      'baseline bench rpc measured own-worker',
      'candidate bench rpc measured worker',
      'baseline bench rpc measured own-worker',
    ]);
    expect(said).toContainEqual(expect.stringMatching(/^Worker: the baseline has its own/));
    expect(said).toContainEqual(expect.stringMatching(/^NOTE: the code of the benches differs/));
    expect(said).toContain('  test/bench/rpc.ts (changed)');
  });

  it('ends at the first run that fails, with its name and the end of its output', async () => {
    commit();
    put('figures.json', '{ "error": "no port is free" }');
    await expect(compare()).rejects.toThrow(
      /rpc of the candidate ended with exit code 3[^]*no port is free/,
    );
  });

  it('ends at a figure that is no number', async () => {
    commit();
    put('figures.json', '{ "value": null }');
    await expect(compare()).rejects.toThrow(/rpc of the candidate left no figures.*rpc\.a/);
  });

  it('ends if the baseline does not run', async () => {
    put('figures.json', '{ "error": "no port is free" }');
    commit();
    await expect(compare()).rejects.toThrow(/rpc of the baseline .* ended with exit code 3/);
  });

  it('refuses a commit that does not exist, and says where to look', async () => {
    commit();
    await expect(compare({ revision: 'v99' })).rejects.toThrow(
      /no commit "v99".*git log.*git fetch/,
    );
  });

  it('refuses a folder that is no git checkout', async () => {
    commit();
    rmSync(join(root, '.git'), { recursive: true });
    await expect(compare()).rejects.toThrow(/needs a git checkout/);
  });
});
