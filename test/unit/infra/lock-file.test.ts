import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { rootDir } from '../../../infra/paths.ts';

const LockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      integrity: v.optional(v.string()),
      optionalDependencies: v.optional(v.record(v.string(), v.string())),
    }),
  ),
});

function lockedPackages(): v.InferOutput<typeof LockFile>['packages'] {
  const text = readFileSync(join(rootDir, 'package-lock.json'), 'utf8');
  return v.parse(LockFile, JSON.parse(text)).packages;
}

test('the lock file names every optional dependency, without which npm ci refuses it', () => {
  const packages = lockedPackages();
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('the lock file has a hash for every package of every platform, without which npm takes what it gets', () => {
  const unverified = Object.entries(lockedPackages())
    .filter(([path, { integrity = '' }]) => path !== '' && !/^sha512-\S{86}==$/.test(integrity))
    .map(([path]) => path);
  expect(unverified).toEqual([]);
});

test('no dependency runs a script at its install, which may download what the lock file does not know', () => {
  expect(readFileSync(join(rootDir, '.npmrc'), 'utf8')).toContain('\nignore-scripts=true\n');
  expect(readFileSync(join(rootDir, 'infra', 'bootstrap.mjs'), 'utf8')).toContain(
    "'--ignore-scripts'",
  );
});
