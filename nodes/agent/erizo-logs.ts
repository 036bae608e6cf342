import { mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { livingErizoIds } from './erizo-proc.ts';

const defaults = {
  /** Log files of processes in one folder, and beside them those of all that live: a busy host's last hours. */
  kept: 200,
} as const;

const logName = /^erizo-([0-9a-f-]{36})\.log$/;

/**
 * Opens the log file of a process that is about to start, for appending and for the node's user alone, and removes those
 * of the oldest processes that have exited.
 */
export function openErizoLog(logDir: string, erizoId: string): number {
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const file = openSync(join(logDir, `erizo-${erizoId}.log`), 'a', 0o600);
  removeOldest(logDir, erizoId);
  return file;
}

/** A process that has nothing to say for long may have the oldest file, and live. */
function removeOldest(logDir: string, own: string): void {
  const logs = readdirSync(logDir)
    .map((name) => ({ path: join(logDir, name), erizoId: logName.exec(name)?.[1] }))
    .filter(({ erizoId }) => erizoId !== undefined && erizoId !== own)
    .map((log) => ({ ...log, at_ms: statSync(log.path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.at_ms - a.at_ms);
  const oldest = logs.slice(defaults.kept - 1);
  if (oldest.length === 0) {
    return;
  }
  const living = livingErizoIds();
  for (const { path, erizoId } of oldest) {
    if (erizoId === undefined || !living.has(erizoId)) {
      rmSync(path, { force: true });
    }
  }
}
