import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { processesWithEnv } from '../../infra/proc.ts';
import { rootDir } from '../../infra/paths.ts';
import { place } from '../support/place.ts';
import { rollup_KiB, withChildren } from './processes.ts';
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

const addresses = [
  ...['--port', String(place.edgePort)],
  ...['--address-base', String(place.addressBase)],
];

/** The whole system as a person starts it, on addresses of its own. */
async function npmStart(mark: string): Promise<Started> {
  const began_ms = performance.now();
  const child = spawn('npm', ['start', '--', ...addresses], {
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
    pids.reduce((sum, pid) => sum + rollup_KiB(pid, field), 0) / 1024 ** 2;
  return { resident_GiB: sum_GiB('Rss'), sharedOnce_GiB: sum_GiB('Pss') };
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
