import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import type { RegionsAnswer } from '../../protocol/contracts/rest.ts';
import { freest } from '../../protocol/region-ways.ts';

/** One row of the mesh: what a node says of itself. */
export interface NodeSummary {
  readonly card: NodeCard;
  readonly load: NodeLoad;
}

/** The mesh as placement sees it. */
export interface MeshSnapshot {
  /** Every region that a node ever served: names that are not typing errors. */
  readonly regions: readonly string[];
  /** The nodes that have a lease. */
  readonly nodes: readonly NodeSummary[];
}

/** The mesh as the edge looks at it from time to time. */
export interface MeshPicture extends MeshSnapshot {
  /** Keys of nodes that were revoked, the last ones first: what they signed later is worth nothing. */
  readonly revoked: readonly RevokedKey[];
}

export interface RevokedKey {
  readonly peerId: string;
  readonly at_ms: number;
}

/** A node that clients can enter at. */
export interface Entrance extends NodeSummary {
  readonly host: string;
}

/** The nodes that run a controller and take clients. */
export function entrancesOf(snapshot: MeshSnapshot): Entrance[] {
  return snapshot.nodes.flatMap(({ card, load }) =>
    card.host === undefined || load.draining === true ? [] : [{ card, load, host: card.host }],
  );
}

/** Where there are nodes now; a region is as free as the freest of its nodes. */
export function regionsAnswer(snapshot: MeshSnapshot): RegionsAnswer {
  const byRegion = Map.groupBy(snapshot.nodes, ({ card }) => card.region);
  const regions = [...byRegion].map(([region, nodes]) => ({
    region,
    nodes: nodes.length,
    state: freest(nodes.map(({ load }) => (load.draining === true ? 'full' : load.state))),
  }));
  return { regions: regions.toSorted((a, b) => (a.region < b.region ? -1 : 1)) };
}
