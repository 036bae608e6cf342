import { mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const defaults = {
  /** Log files of processes in one folder: those of a busy host's last hours. */
  kept: 200,
} as const;

/** Opens the log file of a process for appending, for the node's user alone, and removes those of the oldest processes. */
export function openErizoLog(logDir: string, erizoId: string): number {
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const file = openSync(join(logDir, `erizo-${erizoId}.log`), 'a', 0o600);
  removeOldest(logDir);
  return file;
}

/** A process that runs has written lately, so its file is among those that stay. */
function removeOldest(logDir: string): void {
  const logs = readdirSync(logDir)
    .filter((name) => /^erizo-[0-9a-f-]{36}\.log$/.test(name))
    .map((name) => join(logDir, name))
    .map((path) => ({ path, at_ms: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.at_ms - a.at_ms);
  for (const { path } of logs.slice(defaults.kept)) {
    rmSync(path, { force: true });
  }
}
