import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnv, processesWhere } from '../proc.ts';
import type { ProcessInfo } from '../proc.ts';

const defaults = {
  /** What a process is given to end by itself after SIGTERM. */
  grace_ms: 2_000,
  /** SIGKILL needs no consent; what is still there after this cannot be ended by us. */
  kill_ms: 2_000,
  poll_ms: 25,
} as const;

export function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already, which is what was wanted.
  }
}

/** As `sweepWhere`, of processes that were started with all of these variables. */
export function sweep(
  wanted: Readonly<Record<string, string>>,
  grace_ms?: number,
): Promise<ProcessInfo[]> {
  return sweepWhere(hasEnv(wanted), grace_ms);
}

/**
 * Ends every process that was started with a wanted environment, and what such processes start meanwhile:
 * SIGTERM first, SIGKILL after the grace. Detached processes are nobody's children; the environment that
 * they were started with is what shows whose they are. Resolves with the processes that were found.
 */
export async function sweepWhere(
  isWanted: (env: ReadonlyMap<string, string>) => boolean,
  grace_ms: number = defaults.grace_ms,
): Promise<ProcessInfo[]> {
  const found = new Map<number, ProcessInfo>();
  const stages: [NodeJS.Signals, number][] = [
    ['SIGTERM', grace_ms],
    ['SIGKILL', defaults.kill_ms],
  ];
  for (const [signal, wait_ms] of stages) {
    const told = new Set<number>();
    for (let waited_ms = 0; waited_ms <= wait_ms; waited_ms += defaults.poll_ms) {
      const living = processesWhere(isWanted);
      if (living.length === 0) return [...found.values()];
      for (const info of living) {
        found.set(info.pid, info);
        if (!told.has(info.pid)) signalPid(info.pid, signal);
        told.add(info.pid);
      }
      await sleep(defaults.poll_ms);
    }
  }
  return [...found.values()];
}
