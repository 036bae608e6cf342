import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a file of the node's state folder holds; undefined where there is none. Rejects where it cannot be read. */
export async function readState(stateDir: string, name: string): Promise<string | undefined> {
  const file = join(stateDir, name);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return undefined;
    }
    throw new Error(`cannot read ${file} (RIZOMA_STATE_DIR)`, { cause });
  }
}

/** Writes it whole or not at all, and for the owner alone. */
export async function writeState(stateDir: string, name: string, text: string): Promise<void> {
  const file = join(stateDir, name);
  const part = `${file}.${process.pid}.part`;
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await writeFile(part, text, { mode: 0o600 });
    await rename(part, file);
  } catch (cause) {
    throw new Error(`cannot write ${file} (RIZOMA_STATE_DIR)`, { cause });
  }
}
