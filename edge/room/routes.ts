import type { Directory, RegionRoute } from '../../protocol/directory.ts';
import { bytesOfRow } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';
import type { RegionMap } from '../../protocol/region-tree.ts';
import { regionTree } from '../../protocol/region-tree.ts';

type Rows = Pick<Directory, 'erizos' | 'streams'>;

/** Below it there is nobody who could relay. */
const leastRegions = 3;

/**
 * What the routes of a room follow from, as text: the regions of its processes, and those of them in
 * which media is published. Undefined where every region pulls from the origin, as there is no other.
 */
export function routesKey({ erizos, streams }: Rows): string | undefined {
  const regions = [...new Set(erizos.map(({ region }) => region))].toSorted();
  const origins = originsOf(streams);
  return regions.length < leastRegions || origins.length === 0
    ? undefined
    : `${regions.join()} from ${origins.join()}`;
}

/**
 * The routes of a room whose rows are now these. Without a map those that are there stay as far as
 * they are for anybody; with one each tree is made anew from the one before, and what no longer
 * differs is the same array.
 */
export function routesAfter(
  before: Directory,
  rows: Rows,
  map: RegionMap | undefined,
): RegionRoute[] | undefined {
  const { routes } = before;
  const origins = routesKey(rows) === undefined ? [] : originsOf(rows.streams);
  if (map === undefined) {
    const kept = routes?.filter(({ origin }) => origins.includes(origin));
    return kept?.length === routes?.length ? routes : kept;
  }
  const all = origins.map((origin): RegionRoute => {
    const known = routes?.find((route) => route.origin === origin);
    const tree = regionTree(origin, map, known && new Map(Object.entries(known.parents)));
    const inOrder = [...tree.keys()].toSorted();
    return {
      origin,
      parents: Object.fromEntries(inOrder.map((at) => [at, tree.get(at) ?? origin])),
    };
  });
  const made = fittingRoutes(all);
  return JSON.stringify(made) === JSON.stringify(routes ?? []) ? routes : made;
}

/** Those that a directory has room for. What comes from the others is pulled from its origin. */
export function fittingRoutes(routes: readonly RegionRoute[]): RegionRoute[] {
  let bytes = 0;
  return routes.filter((route) => {
    const more = bytesOfRow(route);
    const fits = bytes + more <= limits.roomRoutes_bytes;
    bytes += fits ? more : 0;
    return fits;
  });
}

/** Data alone passes no process. */
function originsOf(streams: Rows['streams']): string[] {
  const media = streams.filter(({ erizoId }) => erizoId !== undefined);
  return [...new Set(media.map(({ region }) => region))].toSorted();
}
