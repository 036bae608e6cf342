import type { RoomRegions } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import { valueOf } from '../objects/outcome.ts';
import type { Bindings } from '../objects/stubs.ts';
import { meshOf } from '../objects/stubs.ts';
import { refuseUnknown } from '../placement/scene.ts';

/**
 * Where the first of the allowed regions that has a node is; undefined where nothing is allowed by name.
 * Throws `region_unknown` for a region that no node ever served: mistyped in a room, it would be wrong
 * for every token.
 */
export async function placeOfRegions(
  env: Bindings,
  regions: RoomRegions | undefined,
): Promise<Place | undefined> {
  if (regions === undefined) {
    return undefined;
  }
  const snapshot = await valueOf(meshOf(env).snapshot());
  refuseUnknown(regions, snapshot.regions);
  const cards = snapshot.nodes.map(({ card }) => card);
  return regions.allow
    ?.map((name) => cards.find(({ region }) => region === name)?.place)
    .find((place) => place !== undefined);
}
