import type { RoomErizo } from '../../protocol/directory.ts';
import { allows } from '../../protocol/pin.ts';
import type { RegionMap } from '../../protocol/region-tree.ts';
import { freest } from '../../protocol/region-ways.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { rttsBetween } from './delay.ts';
import type { MeshSnapshot } from './snapshot.ts';

/**
 * What a room's routes are made from: the regions of its processes that its pin allows, the ways as
 * their nodes measured them, and the load of the nodes that hold the room. A region of which no such
 * node is known may be allowed still, and relays nothing.
 */
export function regionMapOf(
  { nodes }: MeshSnapshot,
  room: { readonly pin: RegionPin; readonly erizos: readonly RoomErizo[] },
): RegionMap {
  const holders = new Set(room.erizos.map(({ nodeId }) => nodeId));
  const byRegion = Map.groupBy(
    nodes.filter(({ card }) => holders.has(card.nodeId)),
    ({ card }) => card.region,
  );
  const regions = [...new Set(room.erizos.map(({ region }) => region))].toSorted();
  const allowed = (region: string): boolean =>
    (byRegion.get(region) ?? [{ card: { region } }]).every(({ card }) => allows(room.pin, card));
  return {
    regions: regions.filter(allowed),
    rtt_ms: rttsBetween(nodes),
    stateOf: (region) => freest((byRegion.get(region) ?? []).map(({ load }) => load.state)),
  };
}
