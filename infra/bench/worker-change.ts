import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { differingFiles, filesBelow } from './trees.ts';

const folder = 'infra/worker';

/** Files of the folder that say what is built, and how; the others only fetch, check and keep it. */
const recipe = ['build', 'patches', 'subprojects', 'toolchain', 'wraps'].map(
  (name) => `${folder}/${name}`,
);

const LockFile = v.object({
  packages: v.object({ 'node_modules/mediasoup': v.object({ version: v.string() }) }),
});

/**
 * Why two checkouts cannot share a mediasoup worker, or undefined if they can: another version, or another recipe
 * to build it. Any difference in the recipe counts, since a build costs minutes and a wrong figure costs more.
 */
export function whyOtherWorker(roots: {
  readonly candidate: string;
  readonly baseline: string;
}): string | undefined {
  const [candidate, baseline] = [versionOf(roots.candidate), versionOf(roots.baseline)];
  if (candidate !== baseline) return `mediasoup ${baseline} there, ${candidate} here`;
  const files = Object.values(roots)
    .flatMap((root) => filesBelow(root, folder))
    .filter((file) => recipe.some((part) => file.startsWith(part)));
  const changed = differingFiles(roots, files);
  const named = changed.map(({ file, how }) => `${file} (${how})`).join(', ');
  return changed.length === 0 ? undefined : `its build recipe differs: ${named}`;
}

function versionOf(root: string): string {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return v.parse(LockFile, JSON.parse(text)).packages['node_modules/mediasoup'].version;
}
