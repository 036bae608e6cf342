import type { RegionRoute, RoomErizo } from '../../protocol/directory.ts';
import type { Place } from '../../protocol/place.ts';
import { estimatedRttBetween_ms } from '../../protocol/place.ts';
import type { RegionTree } from '../../protocol/region-tree.ts';
import { regionTree } from '../../protocol/region-tree.ts';

/** What a controller knows of a room's regions. */
export interface KnownRegions {
  readonly routes: readonly RegionRoute[] | undefined;
  readonly erizos: readonly RoomErizo[];
  readonly placeOf: (nodeId: string) => Place | undefined;
}

/**
 * The tree by which streams of a region reach the others: the Room object's where it has made one,
 * else by the same rules from the distances, which all controllers know alike. What a controller
 * knows of load is its own, and would lead to another tree than its neighbour's: it goes by none.
 */
export function treeOf(origin: string, { routes, erizos, placeOf }: KnownRegions): RegionTree {
  const known = routes?.find((route) => route.origin === origin);
  if (known !== undefined) {
    return new Map(Object.entries(known.parents));
  }
  const places = Map.groupBy(erizos, ({ region }) => region);
  const placesOf = (region: string): Place[] =>
    (places.get(region) ?? []).flatMap(({ nodeId }) => placeOf(nodeId) ?? []);
  return regionTree(origin, {
    regions: [...places.keys()],
    rtt_ms: (a, b) => estimatedRttBetween_ms(placesOf(a), placesOf(b)),
    stateOf: () => 'available',
  });
}
