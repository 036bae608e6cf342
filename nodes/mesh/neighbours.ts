import { rendezvousWeight } from '../../protocol/cascade-tree.ts';

const defaults = {
  /**
   * Beside the next on the ring, which holds the mesh together: as others choose too, a node has some six
   * neighbours, and news pass a mesh of 500 in five hops.
   */
  drawn: 2,
} as const;

/**
 * With whom a node of the mesh links itself: the next one in the order of a hash, so that all are one ring,
 * and some that are drawn by a hash of both, so that a node that comes or goes changes few links.
 */
export function neighboursOf(self: string, nodes: readonly string[]): string[] {
  const others = nodes.filter((node) => node !== self);
  const next = nextOnRing(self, others);
  if (next === undefined) {
    return [];
  }
  const best: { node: string; weight: number }[] = [];
  for (const node of others) {
    const weight = node === next ? -1 : rendezvousWeight(self, node);
    if (weight > (best[defaults.drawn - 1]?.weight ?? -1)) {
      best.push({ node, weight });
      best.sort((a, b) => b.weight - a.weight).splice(defaults.drawn);
    }
  }
  return [next, ...best.map(({ node }) => node)];
}

function nextOnRing(self: string, others: readonly string[]): string | undefined {
  const own = placeOnRing(self);
  let next: { node: string; ahead: number } | undefined;
  for (const node of others) {
    const ahead = (placeOnRing(node) - own + ring) % ring;
    // Two at one place are told apart by name.
    if (next === undefined || ahead < next.ahead || (ahead === next.ahead && node < next.node)) {
      next = { node, ahead };
    }
  }
  return next?.node;
}

/** The places of the ring: all that the hash gives. */
const ring = 2 ** 32;

function placeOnRing(node: string): number {
  return rendezvousWeight('ring', node);
}
