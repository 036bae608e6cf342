import type { NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { compareStates } from '../../protocol/region-ways.ts';

type Loaded = { readonly load: NodeLoad };
type State = NodeLoad['state'];

/** A number from 0 up to and without 1. */
export type Random = () => number;

const defaults = {
  /** CPU from which a node is expected to say that it is in the state; nodes say it of themselves alike. */
  cpuWarning: 0.7,
  cpuFull: 0.9,
  /** What a participant costs a node that has too few of them to tell: one in seven streams on some cores. */
  cpuPerClient: 0.01,
  /** From so many on the node's own average is taken. */
  clientsForAverage: 10,
  /** CPU is read with some noise: what differs by less is alike, and consumers decide. */
  cpuStep: 0.05,
} as const;

export function isFull({ load }: Loaded): boolean {
  return load.state === 'full';
}

/** Less than zero where the first is less busy: by state, then CPU, then consumers, then clients. */
export function compareLoad({ load: a }: Loaded, { load: b }: Loaded): number {
  return (
    compareStates(a.state, b.state) ||
    Math.round(a.cpu / defaults.cpuStep) - Math.round(b.cpu / defaults.cpuStep) ||
    (a.consumers ?? 0) - (b.consumers ?? 0) ||
    a.clients - b.clients
  );
}

/** What a node's load will be when so many more have come as are on the way to it. */
export function predicted(load: NodeLoad, onTheWay: number): NodeLoad {
  if (onTheWay === 0) {
    return load;
  }
  const known = load.clients >= defaults.clientsForAverage;
  const perClient = known ? load.cpu / load.clients : defaults.cpuPerClient;
  const cpu = Math.min(1, load.cpu + onTheWay * perClient);
  const byCpu = stateOf(cpu);
  const state = compareStates(byCpu, load.state) > 0 ? byCpu : load.state;
  return { ...load, clients: load.clients + onTheWay, cpu, state };
}

function stateOf(cpu: number): State {
  if (cpu >= defaults.cpuFull) {
    return 'full';
  }
  return cpu >= defaults.cpuWarning ? 'warning' : 'available';
}

/**
 * Two at random, and of these the less busy one: so that many who decide on the same old picture do
 * not all run to the one node that is best in it. Full ones only where there are no others.
 */
export function powerOfTwo<T extends Loaded>(nodes: readonly T[], random: Random): T | undefined {
  const free = nodes.filter((node) => !isFull(node));
  const pool = free.length > 0 ? free : nodes;
  const first = Math.floor(random() * pool.length);
  const step = 1 + Math.floor(random() * (pool.length - 1));
  const a = pool[first];
  const b = pool[(first + step) % pool.length];
  return a !== undefined && b !== undefined && compareLoad(b, a) < 0 ? b : a;
}
