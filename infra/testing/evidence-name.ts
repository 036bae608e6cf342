import { relative } from 'node:path';
import { rootDir } from '../paths.ts';

/** The name of the folder that a test file (absolute path) leaves: its path below `test/`, with dashes. */
export function evidenceName(testFile: string): string {
  return relative(`${rootDir}/test`, testFile)
    .replace(/\.test\.ts$/, '')
    .replaceAll(/[^\w-]+/g, '-');
}
