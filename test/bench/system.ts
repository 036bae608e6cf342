import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { allPids, processesWithEnv, processEnv } from '../../infra/proc.ts';
import { rootDir } from '../../infra/paths.ts';
import type { Bench } from './row.ts';
import { row } from './row.ts';

interface Memory {
  /** Resident set sizes, added up: pages that processes share count for each of them. */
  resident_GiB: number;
  /** Proportional set sizes: pages that processes share count once. */
  sharedOnce_GiB: number;
}

interface Started {
  took_s: number;
  /** What every process of the system and of what started it holds now. */
  memory(): Memory;
  stop(): Promise<void>;
}

/** The whole system as a person starts it, on its usual addresses. */
async function npmStart(mark: string): Promise<Started> {
  const began_ms = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: rootDir,
    env: { ...process.env, RIZOMA_BENCH_ID: mark },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('Ready after')) {
      ready.resolve();
    }
  });
  void exited.then(() => ready.reject(new Error(`npm start ended:\n${lines.join('\n')}`)));
  await ready.promise;
  return {
    took_s: (performance.now() - began_ms) / 1000,
    memory: () => memoryOf(mark),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function memoryOf(mark: string): Memory {
  const marked = processesWithEnv({ RIZOMA_BENCH_ID: mark }).map(({ pid }) => pid);
  const pids = withChildren(marked);
  const sum_GiB = (field: 'Rss' | 'Pss'): number =>
    pids.reduce((sum, pid) => sum + rollup_bytes(pid, field), 0) / 1024 ** 3;
  return { resident_GiB: sum_GiB('Rss'), sharedOnce_GiB: sum_GiB('Pss') };
}

/** Some processes are started with an environment of their own: they are found by their parents. */
function withChildren(pids: readonly number[]): number[] {
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

function rollup_bytes(pid: number, field: 'Rss' | 'Pss'): number {
  const lines = readOrEmpty(`/proc/${pid}/smaps_rollup`).split('\n');
  const line = lines.find((each) => each.startsWith(`${field}:`)) ?? '';
  return Number(/(\d+) kB$/.exec(line)?.[1] ?? 0) * 1024;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Memory is read when what the start itself needed has been given back. */
const settle_ms = 15_000;

export const system: Bench = {
  name: 'system',
  async run(say) {
    const mark = crypto.randomUUID();
    say('  first start ...');
    await (await npmStart(mark)).stop();
    say('  second start ...');
    const second = await npmStart(mark);
    try {
      say('  letting it settle ...');
      await new Promise((resolve) => setTimeout(resolve, settle_ms));
      const { resident_GiB, sharedOnce_GiB } = second.memory();
      return [
        row(
          'system.second-start',
          second.took_s,
          's',
          20,
          'npm start until all regions are healthy',
        ),
        row(
          'system.idle-memory',
          resident_GiB,
          'GiB',
          1.5,
          'resident memory of all processes, added up',
        ),
        row(
          'system.idle-memory-shared-once',
          sharedOnce_GiB,
          'GiB',
          null,
          'shared pages counted once',
        ),
      ];
    } finally {
      await second.stop();
    }
  },
};
