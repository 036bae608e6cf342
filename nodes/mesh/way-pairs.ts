import { rendezvousWeight } from '../../protocol/cascade-tree.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';

/**
 * Whom a node pings: of each two regions one node each measures the way, the same two for everybody who
 * knows the same members, so that the pings of a mesh grow with its regions and not with its nodes.
 */
export function pairsOf(
  self: Pick<NodeCard, 'nodeId' | 'region'>,
  nodes: readonly NodeCard[],
): ReadonlyMap<string, NodeCard> {
  const regions = Map.groupBy(
    nodes.filter(({ mesh }) => mesh !== undefined),
    ({ region }) => region,
  );
  const here = regions.get(self.region) ?? [];
  const pairs = new Map<string, NodeCard>();
  for (const [region, there] of regions) {
    const key = [self.region, region].toSorted().join();
    const other = chosen(key, there);
    if (region !== self.region && other && chosen(key, here)?.nodeId === self.nodeId) {
      pairs.set(region, other);
    }
  }
  return pairs;
}

/** Each is weighed once: a region may have many nodes, and is weighed for each other one. */
function chosen(key: string, nodes: readonly NodeCard[]): NodeCard | undefined {
  let best: { node: NodeCard; weight: number } | undefined;
  for (const node of nodes) {
    const weight = rendezvousWeight(key, node.nodeId);
    if (best === undefined || weight > best.weight) {
      best = { node, weight };
    }
  }
  return best?.node;
}
