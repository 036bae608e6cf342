import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './proc.ts';
import { BringUpError } from './output.ts';

const defaults = {
  /** How often a waiting process looks whether the lock has become free. */
  poll_ms: 500,
  /** Longer than the slowest build that somebody would sit through. */
  timeout_ms: 3_600_000,
} as const;

/**
 * Holds a lock file while the task runs. A lock whose process has gone is taken over. What is done under
 * it has to be harmless when done twice: the lock saves work, it does not keep data whole.
 */
export async function withLock<T>(
  file: string,
  onWait: (holderPid: number) => void,
  task: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const identity = processIdentity(process.pid) ?? String(process.pid);
  const rounds = defaults.timeout_ms / defaults.poll_ms;
  for (let round = 0; !tryTake(file, identity); round += 1) {
    const holder = readHolder(file);
    if (holder === undefined || !isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (round === 0) onWait(Number(holder.split('@')[0]));
    if (round > rounds) throw new BringUpError(`Waited too long for ${file}, held by ${holder}`);
    await sleep(defaults.poll_ms);
  }
  try {
    return await task();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryTake(file: string, identity: string): boolean {
  try {
    writeFileSync(file, identity, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
