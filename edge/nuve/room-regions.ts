import type { RoomRegions } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import { meshPicturesOf } from '../objects/mesh-of-isolate.ts';
import type { Bindings } from '../objects/stubs.ts';
import { refuseUnknown } from '../placement/scene.ts';
import type { MeshPicture } from '../placement/snapshot.ts';

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
  const { nodes } = await pictureThatKnows(env, regions);
  const cards = nodes.map(({ card }) => card);
  return regions.allow
    ?.map((name) => cards.find(({ region }) => region === name)?.place)
    .find((place) => place !== undefined);
}

/** A picture of the mesh in which all those regions are; nobody is refused for one that came a moment ago. */
async function pictureThatKnows(env: Bindings, regions: RoomRegions): Promise<MeshPicture> {
  const pictures = meshPicturesOf(env);
  const recent = await pictures.recent();
  const named = [...(regions.allow ?? []), ...(regions.deny ?? [])];
  if (named.every((name) => recent.regions.includes(name))) {
    return recent;
  }
  const fresh = await pictures.fresh();
  refuseUnknown(regions, fresh.regions);
  return fresh;
}
