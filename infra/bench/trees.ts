import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';

/** Files below a folder of a checkout, by their paths from its root; none if there is no such folder. */
export function filesBelow(root: string, folder: string): string[] {
  const dir = join(root, folder);
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/**
 * The named files of a checkout and every file below `test/` that they lead to: what they import, and what they name
 * in quotes by a path from where they stand, as code does that forks a file or bundles it for a page.
 */
export function testFilesFrom(root: string, entries: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file) || !file.startsWith('test/') || !existsSync(join(root, file))) continue;
    found.add(file);
    const source = readFileSync(join(root, file), 'utf8');
    for (const [, path = ''] of source.matchAll(/['"`]([\w./-]+\.ts)['"`]/g)) {
      open.push(posix.join(dirname(file), path));
    }
  }
  return [...found].toSorted();
}

export interface FileDifference {
  readonly file: string;
  readonly how: 'changed' | 'only in the candidate' | 'only in the baseline';
}

/** Which of the files differ between two checkouts. */
export function differingFiles(
  roots: { readonly candidate: string; readonly baseline: string },
  files: Iterable<string>,
): FileDifference[] {
  return [...new Set(files)].toSorted().flatMap((file): FileDifference[] => {
    const [candidate, baseline] = [join(roots.candidate, file), join(roots.baseline, file)];
    if (!existsSync(candidate)) return [{ file, how: 'only in the baseline' }];
    if (!existsSync(baseline)) return [{ file, how: 'only in the candidate' }];
    const isSame = readFileSync(candidate).equals(readFileSync(baseline));
    return isSame ? [] : [{ file, how: 'changed' }];
  });
}
