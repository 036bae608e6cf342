import { readdirSync, readFileSync } from 'node:fs';
import { allPids, processEnv } from '../../infra/proc.ts';

type Rollup = 'Rss' | 'Pss' | 'Private_Clean' | 'Private_Dirty';

/** Some processes are started with an environment of their own: they are found by their parents. */
export function withChildren(pids: readonly number[]): number[] {
  const found = new Set(pids);
  let grown = true;
  while (grown) {
    grown = false;
    for (const pid of allPids()) {
      if (!found.has(pid) && found.has(parentOf(pid)) && processEnv(pid) !== undefined) {
        found.add(pid);
        grown = true;
      }
    }
  }
  return [...found];
}

function parentOf(pid: number): number {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** One line of what the kernel says of the memory of a process; 0 of one that has gone. */
export function rollup_KiB(pid: number, field: Rollup): number {
  const lines = readOrEmpty(`/proc/${pid}/smaps_rollup`).split('\n');
  const line = lines.find((each) => each.startsWith(`${field}:`)) ?? '';
  return Number(/(\d+) kB$/.exec(line)?.[1] ?? 0);
}

/** The private pages of a process: what no other one shares. */
export function private_KiB(pid: number): number {
  return rollup_KiB(pid, 'Private_Clean') + rollup_KiB(pid, 'Private_Dirty');
}

/** Files, sockets and whatever else a process has open. */
export function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
