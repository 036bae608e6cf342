import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { rootDir } from '../../infra/paths.ts';

/**
 * What a failed test leaves for its reader: logs, screenshots, seeds. Each file has a folder; the reporter names
 * that of a file that failed, and removes that of one that passed.
 */
export function evidenceDir(): string {
  const root = process.env['RIZOMA_TEST_EVIDENCE'] ?? join(tmpdir(), 'rizoma-test-evidence');
  const dir = join(root, evidenceName(expect.getState().testPath ?? 'no-file'));
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** The folder's name for a test file: its path below `test/` with dashes. */
export function evidenceName(testFile: string): string {
  return relative(join(rootDir, 'test'), testFile)
    .replace(/\.test\.ts$/, '')
    .replaceAll(/[^\w-]+/g, '-');
}

/** Copies a folder of logs, or a file, where it is there. */
export function keepEvidence(path: string, name = basename(path)): void {
  if (existsSync(path)) {
    cpSync(path, join(evidenceDir(), name), { recursive: true });
  }
}

export function writeEvidence(name: string, data: string | Uint8Array): void {
  writeFileSync(join(evidenceDir(), name), data);
}
