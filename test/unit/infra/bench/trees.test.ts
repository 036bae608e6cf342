import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { differingFiles, filesBelow, testFilesFrom } from '../../../../infra/bench/trees.ts';
import { whyOtherWorker } from '../../../../infra/bench/worker-change.ts';

type Files = Readonly<Record<string, string>>;

/** A checkout with these files. */
function checkout(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'rizoma-trees-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

describe('the code of a bench', () => {
  it('is its file and all files of test/ that it imports, forks or bundles', () => {
    const root = checkout({
      'test/bench/a.ts': `import { x } from './a/x.ts'; import type { P } from '../../infra/p.ts';`,
      'test/bench/a/x.ts': `fork(join(import.meta.dirname, 'child.ts')); await import('../y.ts');`,
      'test/bench/a/child.ts': `import './x.ts';`,
      'test/bench/y.ts': `new URL("./page.ts", import.meta.url)`,
      'test/bench/page.ts': '',
      'test/bench/b.ts': '',
      'infra/p.ts': '',
    });
    expect(testFilesFrom(root, ['test/bench/a.ts', 'test/bench/gone.ts'])).toEqual([
      'test/bench/a.ts',
      'test/bench/a/child.ts',
      'test/bench/a/x.ts',
      'test/bench/page.ts',
      'test/bench/y.ts',
    ]);
  });

  it('is compared file by file', () => {
    const candidate = checkout({ 'same.ts': '1', 'changed.ts': '1', 'new.ts': '1' });
    const baseline = checkout({ 'same.ts': '1', 'changed.ts': '2', 'gone.ts': '1' });
    const files = [...filesBelow(candidate, '.'), ...filesBelow(baseline, '.')];
    expect(differingFiles({ candidate, baseline }, files)).toEqual([
      { file: 'changed.ts', how: 'changed' },
      { file: 'gone.ts', how: 'only in the baseline' },
      { file: 'new.ts', how: 'only in the candidate' },
    ]);
  });
});

describe('the mediasoup worker', () => {
  const lock = (version: string) =>
    JSON.stringify({ packages: { 'node_modules/mediasoup': { version } } });
  const ours = { 'package-lock.json': lock('3.1.0'), 'infra/worker/build.ts': 'a' };

  const cases: readonly { what: string; change: Files; why: string | undefined }[] = [
    { what: 'nothing', change: {}, why: undefined },
    { what: 'other code', change: { 'infra/start.ts': 'b' }, why: undefined },
    {
      what: 'the version',
      change: { 'package-lock.json': lock('3.2.0') },
      why: 'mediasoup 3.2.0 there, 3.1.0 here',
    },
    {
      what: 'a step of the build',
      change: { 'infra/worker/build.ts': 'b' },
      why: 'its build recipe differs: infra/worker/build.ts (changed)',
    },
    { what: 'the download', change: { 'infra/worker/download.ts': 'b' }, why: undefined },
    {
      what: 'a library of the build',
      change: { 'infra/worker/subprojects/x/meson.build': '' },
      why: 'its build recipe differs: infra/worker/subprojects/x/meson.build (only in the baseline)',
    },
  ];

  it.each(cases)('is shared or not if $what differs', ({ change, why }) => {
    const candidate = checkout(ours);
    const baseline = checkout({ ...ours, ...change });
    expect(whyOtherWorker({ candidate, baseline })).toBe(why);
  });
});
