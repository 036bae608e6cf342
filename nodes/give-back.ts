import { Session } from 'node:inspector/promises';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Cancel, Clock } from '../protocol/clock.ts';

const defaults = {
  /** Clients that return to a node that was started anew have done so, and do not wait for it. */
  settled_ms: 10_000,
  /** How often a process looks whether it is quiet. */
  look_ms: 10_000,
  /** It is while its thread runs for less of that time: a process that serves a hundred clients who do little runs for 2 %. */
  quiet_share: 0.2,
  /** Less than that is not worth a pause of some 100 ms. */
  worth_bytes: 16 * 1024 * 1024,
} as const;

/**
 * Once, some time after its start, a process that idles collects its garbage: most of it is code that was read and
 * compiled, 10 MB which V8 would keep until much has been allocated. It takes some 80 ms of this thread.
 */
export function giveBackWhenIdle(components: { clock: Clock }, isIdle: () => boolean): Cancel {
  return components.clock.after(defaults.settled_ms, () => {
    if (isIdle()) {
      void collectGarbage();
    }
  });
}

export interface ProcessMemory {
  /** The share of the time since it was last asked in which the thread ran, from 0 to 1. */
  busy(): number;
  /** What V8 holds, garbage and all. */
  held_bytes(): number;
  collect(): Promise<void>;
}

/**
 * A process that was at work and is quiet again gives back what that has left: V8 collects garbage as more is made, so that
 * what a flood leaves would stay for as long as nothing comes after it.
 */
export function giveBackWhenQuiet(
  { clock }: { clock: Clock },
  memory: ProcessMemory = memoryOfProcess(),
): Cancel {
  /** What it held when it had last been collected. */
  let least_bytes = Number.POSITIVE_INFINITY;
  let isCollecting = false;
  const collect = async (): Promise<void> => {
    isCollecting = true;
    await memory.collect();
    least_bytes = memory.held_bytes();
    isCollecting = false;
  };
  return clock.every(defaults.look_ms, () => {
    const isQuiet = memory.busy() < defaults.quiet_share;
    const held_bytes = memory.held_bytes();
    least_bytes = Math.min(least_bytes, held_bytes);
    if (isQuiet && !isCollecting && held_bytes - least_bytes > defaults.worth_bytes) {
      void collect();
    }
  });
}

function memoryOfProcess(): ProcessMemory {
  let last = performance.eventLoopUtilization();
  return {
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    held_bytes: () => {
      const { total_heap_size, external_memory } = getHeapStatistics();
      return total_heap_size + external_memory;
    },
    collect: collectGarbage,
  };
}

/** By the inspector: V8 knows cached code by its flags, and one that changes has the next start compile it anew. */
async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
