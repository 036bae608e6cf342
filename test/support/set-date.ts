import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

/** How often the date of a program can be set: 10 s and then an hour ahead, two hours back. */
export const dateSteps = 3;

/** The environment of a Node program whose date `setDate` sets. */
export const settableDate = {
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'settable-date.ts')).href}`,
} as const;

/** The next step of the date, at once in all of these processes. */
export function setDate(pids: readonly number[]): void {
  pids.forEach((pid) => process.kill(pid, 'SIGUSR2'));
}
