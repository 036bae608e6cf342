import type { NodeLoad } from '../../protocol/contracts/node-edge.ts';

type Loaded = { readonly load: NodeLoad };
type State = NodeLoad['state'];

/** A number from 0 up to and without 1. */
export type Random = () => number;

const rank: Readonly<Record<State, number>> = { available: 0, warning: 1, full: 2 };

export function isFull({ load }: Loaded): boolean {
  return load.state === 'full';
}

/** Less than zero where the first is less busy: by state, then CPU, then clients. */
export function compareLoad({ load: a }: Loaded, { load: b }: Loaded): number {
  return rank[a.state] - rank[b.state] || a.cpu - b.cpu || a.clients - b.clients;
}

/** The best of the states; `full` where there is none. */
export function freest(states: readonly State[]): State {
  return states.reduce<State>((best, state) => (rank[state] < rank[best] ? state : best), 'full');
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
