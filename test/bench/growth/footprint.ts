import { processCommand, processesWithEnv } from '../../../infra/proc.ts';
import type { LocalNode, LocalSystem } from '../../../infra/local.ts';
import { descriptorsOf, private_KiB, withChildren } from '../processes.ts';
import { heapOf } from './heap.ts';

/** A node's own process has its controller and its agent; each ErizoJS has a worker of mediasoup. */
export type Role = 'node' | 'erizo' | 'worker';

/** What one process holds. */
export interface Footprint {
  readonly role: Role;
  /** Of a Node process after its garbage is collected; nothing of a worker, which has none. */
  readonly heap_KiB: number;
  readonly private_KiB: number;
  readonly descriptors: number;
}

/** By pid. */
export type Footprints = ReadonlyMap<number, Footprint>;

/** All processes of a node. */
export async function footprintsOf(system: LocalSystem, node: LocalNode): Promise<Footprints> {
  const mark = { RIZOMA_RUN_ID: system.runId, RIZOMA_NODE_ID: node.nodeId };
  const pids = withChildren(processesWithEnv(mark).map(({ pid }) => pid));
  const all = new Map<number, Footprint>();
  for (const pid of pids) {
    const role = roleOf(pid);
    if (role !== undefined) {
      // One after the other: they share the inspector's port.
      const heap_KiB = role === 'worker' ? 0 : await heapOf(pid);
      const [memory_KiB, descriptors] = [private_KiB(pid), descriptorsOf(pid)];
      all.set(pid, { role, heap_KiB, private_KiB: memory_KiB, descriptors });
    }
  }
  return all;
}

function roleOf(pid: number): Role | undefined {
  const command = processCommand(pid);
  if (command.includes('nodes/main.ts')) {
    return 'node';
  }
  if (command.includes('nodes/erizo/main.ts')) {
    return 'erizo';
  }
  return command.includes('mediasoup-worker') ? 'worker' : undefined;
}

/** How much more those hold that were there both times: processes that come and go are no growth. */
export function growthOf(
  before: Footprints,
  after: Footprints,
  part: (footprint: Footprint) => number,
): number {
  return [...after].reduce((sum, [pid, now]) => {
    const past = before.get(pid);
    return past === undefined ? sum : sum + part(now) - part(past);
  }, 0);
}
