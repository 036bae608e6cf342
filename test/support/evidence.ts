import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { evidenceName } from '../../infra/testing/evidence-name.ts';

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

/** Copies a folder of logs, or a file, where it is there. */
export function keepEvidence(path: string, name = basename(path)): void {
  if (existsSync(path)) {
    cpSync(path, join(evidenceDir(), name), { recursive: true });
  }
}

export function writeEvidence(name: string, data: string | Uint8Array): void {
  writeFileSync(join(evidenceDir(), name), data);
}
