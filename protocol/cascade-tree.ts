import * as v from 'valibot';
import type { RoomErizo, RoomStream } from './directory.ts';
import { Endpoint } from './directory.ts';
import { RizomaError } from './errors.ts';
import { ErizoId, NodeId, RegionId } from './ids.ts';
import { limits } from './limits.ts';
import type { RegionTree } from './region-tree.ts';

/** A process that a stream passes through. */
export const Hop = v.strictObject({
  erizoId: ErizoId,
  nodeId: NodeId,
  region: RegionId,
  endpoint: Endpoint,
});
export type Hop = v.InferOutput<typeof Hop>;

/** From the next upstream process to the origin; empty where the stream is published. */
export const Route = v.pipe(v.array(Hop), v.maxLength(limits.cascadeHops));
export type Route = v.InferOutput<typeof Route>;

/** The tree of one stream: each process and the one it pulls from; the origin pulls from none. */
export type CascadeTree = ReadonlyMap<string, string | undefined>;

type Origin = Pick<RoomStream, 'streamId' | 'erizoId' | 'region' | 'since'>;
type Member = Pick<RoomErizo, 'erizoId' | 'region' | 'since'>;

/** The processes of a room as routes look at them. */
interface Indexed {
  readonly byId: ReadonlyMap<string, Member>;
  readonly byRegion: ReadonlyMap<string, readonly Member[]>;
  /** Of streams that were asked for: by stream, its age and the region. */
  readonly gateways: Map<string, Member | undefined>;
}

/** Made once for a list, as each of its streams is looked at by each process: such a list is not changed any more. */
const indexes = new WeakMap<readonly Member[], Indexed>();

/** Gateways that are remembered of one list: those of all streams of a room in the regions of one route. */
const mostGateways = limits.streamsPerRoom * limits.cascadeHops;

function indexOf(erizos: readonly Member[]): Indexed {
  const known = indexes.get(erizos);
  if (known !== undefined) {
    return known;
  }
  const made = {
    byId: new Map(erizos.map((erizo) => [erizo.erizoId, erizo])),
    byRegion: Map.groupBy(erizos, ({ region }) => region),
    gateways: new Map(),
  };
  indexes.set(erizos, made);
  return made;
}

/**
 * The process through which a stream enters a region. Everyone who holds the directory finds the
 * same one: the highest rendezvous hash among the processes that the room used in the region
 * before the stream came, else the one that came first after it. So a process that joins later
 * moves no gateway, and each stream crosses a WAN link once per region.
 */
export function gatewayOf<M extends Member>(
  stream: Origin,
  region: string,
  erizos: readonly M[],
): M | undefined {
  const { byRegion, gateways } = indexOf(erizos);
  const key = `${stream.streamId} ${stream.since} ${region}`;
  if (!gateways.has(key)) {
    if (gateways.size >= mostGateways) {
      gateways.clear();
    }
    gateways.set(key, chooseGateway(stream, byRegion.get(region) ?? []));
  }
  // What the index has is of the list.
  return gateways.get(key) as M | undefined;
}

function chooseGateway(stream: Origin, local: readonly Member[]): Member | undefined {
  const elders = local.filter((erizo) => erizo.since <= stream.since);
  if (elders.length === 0) {
    return local.toSorted((a, b) => a.since - b.since || (a.erizoId < b.erizoId ? -1 : 1))[0];
  }
  let best: { erizo: Member; weight: number } | undefined;
  for (const erizo of elders) {
    const weight = rendezvousWeight(stream.streamId, erizo.erizoId);
    if (best === undefined || weight > best.weight) {
      best = { erizo, weight };
    }
  }
  return best?.erizo;
}

/** Everyone pulls from the region of the origin. */
const direct: RegionTree = new Map();

/**
 * The process that a process of the region pulls the stream from. A gateway pulls from the gateway of the region that
 * the tree of regions names, and from the origin where it names none or one that has no process of the room.
 */
function upstreamOf(
  stream: Origin & { erizoId: string },
  { erizoId, region }: Pick<Member, 'erizoId' | 'region'>,
  erizos: readonly Member[],
  regions: RegionTree,
): string | undefined {
  if (erizoId === stream.erizoId) {
    return undefined;
  }
  const entryOf = (where: string): string | undefined =>
    where === stream.region ? stream.erizoId : gatewayOf(stream, where, erizos)?.erizoId;
  const entry = entryOf(region);
  return entry === erizoId
    ? (entryOf(parentOf(region, stream.region, regions)) ?? stream.erizoId)
    : entry;
}

/** Which process each process of the room pulls the stream from; empty for a stream without media. */
export function cascadeTree(
  stream: Origin,
  erizos: readonly Member[],
  regions: RegionTree = direct,
): CascadeTree {
  const { erizoId } = stream;
  if (erizoId === undefined) {
    return new Map();
  }
  const origin = { ...stream, erizoId };
  return new Map<string, string | undefined>([
    [erizoId, undefined],
    ...erizos.map((erizo): [string, string | undefined] => [
      erizo.erizoId,
      upstreamOf(origin, erizo, erizos, regions),
    ]),
  ]);
}

/** The origin where the tree has no way to it from there: what comes from outside may go in circles. */
function parentOf(region: string, origin: string, regions: RegionTree): string {
  let at: string | undefined = region;
  for (let hops = 0; at !== undefined && hops < limits.regionHops; hops += 1) {
    at = regions.get(at);
    if (at === origin) {
      return regions.get(region) ?? origin;
    }
  }
  return origin;
}

/**
 * The way from a process to the origin of a stream, the next upstream first: it costs what is on the way, and not what
 * is in the room. Throws `not_found` where the room does not use the process or has lost the origin.
 */
export function routeTo(
  stream: Origin,
  erizoId: string,
  erizos: readonly RoomErizo[],
  regions: RegionTree = direct,
): Route {
  const { erizoId: originId } = stream;
  // What the index has is of the list.
  const byId = indexOf(erizos).byId as ReadonlyMap<string, RoomErizo>;
  const self = byId.get(erizoId);
  if (originId === undefined || (self === undefined && erizoId !== originId)) {
    throw new RizomaError('not_found', `the room does not use ErizoJS ${erizoId}`);
  }
  const origin = { ...stream, erizoId: originId };
  const route: Hop[] = [];
  for (let at = self; at !== undefined && at.erizoId !== originId;) {
    const next = upstreamOf(origin, at, erizos, regions);
    const hop = next === undefined ? undefined : byId.get(next);
    if (hop === undefined || route.length >= limits.cascadeHops) {
      throw new RizomaError(
        'not_found',
        `there is no way from ${erizoId} to stream ${stream.streamId}`,
      );
    }
    const { nodeId, region, endpoint } = hop;
    route.push({ erizoId: hop.erizoId, nodeId, region, endpoint });
    at = hop;
  }
  return route;
}

/** What is wrong with a tree; empty where it is right. */
export function validate(tree: CascadeTree, stream: Origin, erizos: readonly Member[]): string[] {
  const regionOf = new Map(erizos.map((erizo) => [erizo.erizoId, erizo.region]));
  const faults: string[] = [];
  const entries = new Map<string, number>();
  for (const [erizoId, parent] of tree) {
    if (parent === undefined && erizoId !== stream.erizoId) {
      faults.push(`${erizoId} pulls from nobody and is not the origin`);
    }
    if (parent !== undefined && !tree.has(parent)) {
      faults.push(`${erizoId} pulls from ${parent}, which is not in the tree`);
    }
    if (depthOf(tree, erizoId) > limits.cascadeHops) {
      faults.push(`${erizoId} is in a cycle or too deep`);
    }
    const region = regionOf.get(erizoId);
    if (parent !== undefined && region !== undefined && regionOf.get(parent) !== region) {
      entries.set(region, (entries.get(region) ?? 0) + 1);
    }
  }
  for (const [region, count] of entries) {
    if (count > 1) {
      faults.push(`the stream enters ${region} ${count} times`);
    }
  }
  return faults;
}

function depthOf(tree: CascadeTree, erizoId: string): number {
  let depth = 0;
  for (
    let at = tree.get(erizoId);
    at !== undefined && depth <= limits.cascadeHops;
    at = tree.get(at)
  ) {
    depth += 1;
  }
  return depth;
}

/** FNV-1a over both ids, finished as in MurmurHash3 so that near ids differ everywhere. */
export function rendezvousWeight(key: string, candidate: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${key}/${candidate}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
