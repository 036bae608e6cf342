import type { NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { allows, pinWords } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { delaysFrom } from './delay.ts';
import type { Random } from './load.ts';
import { isFull, predicted } from './load.ts';
import type { Entrance, MeshSnapshot } from './snapshot.ts';
import { entrancesOf } from './snapshot.ts';

/** What is asked: where a participant may be, where it is, and where its room is already. */
export interface Wish {
  readonly pin: RegionPin;
  /** Of the participant; undefined where it is not known. */
  readonly place: Place | undefined;
  /** Ids of the nodes that hold the room, in the order in which they entered it. */
  readonly holders?: readonly string[];
}

/** What placement goes by beside the wish. */
export interface Circumstances {
  readonly snapshot: MeshSnapshot;
  /** By node id: participants that were sent there and are not in its load yet. */
  readonly onTheWay: ReadonlyMap<string, number>;
  readonly random: Random;
}

export interface Region {
  readonly name: string;
  readonly entrances: readonly Entrance[];
  /** Round trip from the participant, estimated; 0 where the participant's place is unknown. */
  readonly delay_ms: number;
  readonly full: boolean;
}

/** The picture that the rules decide on: allowed regions that have an entrance, nearest first. */
export interface Scene {
  readonly wish: Wish;
  /** How many known regions the pin leaves, with a node or without. */
  readonly allowedRegions: number;
  readonly regions: readonly Region[];
  /** Nodes that hold the room, and then those that its participants are on the way to. */
  readonly holders: readonly string[];
  /** How many came before each of them, by its id. */
  readonly positions: ReadonlyMap<string, number>;
  /** The entrances of the regions by the ids of their nodes: a room may have many holders, and a mesh many nodes. */
  readonly places: ReadonlyMap<string, { readonly region: Region; readonly entrance: Entrance }>;
  readonly random: Random;
}

const defaults = {
  /** A region that has just lost its node is served again when the node has restarted. */
  retryAfter_s: 5,
} as const;

/** Throws `region_unknown` for a pin that names a region which no node ever served. */
export function sceneOf(wish: Wish, { snapshot, onTheWay, random }: Circumstances): Scene {
  refuseUnknown(wish.pin, snapshot.regions);
  const allowed = entrancesOf(snapshot).filter(({ card }) => allows(wish.pin, card));
  const expected = allowed.map((entrance) => {
    const load = expectedLoad(entrance, onTheWay);
    return load === entrance.load ? entrance : { ...entrance, load };
  });
  const delayTo = wish.place && delaysFrom(wish.place, snapshot.nodes);
  const regions = [...Map.groupBy(expected, ({ card }) => card.region)]
    .map(([name, entrances]): Region => {
      const full = entrances.every(isFull);
      return { name, entrances, delay_ms: delayTo?.(name) ?? 0, full };
    })
    .toSorted((a, b) => a.delay_ms - b.delay_ms);
  const holders = [...new Set([...(wish.holders ?? []), ...onTheWay.keys()])];
  return {
    wish,
    allowedRegions: countAllowed(wish.pin, snapshot),
    regions,
    holders,
    positions: new Map(holders.map((nodeId, position) => [nodeId, position])),
    places: new Map(
      regions.flatMap((region) =>
        region.entrances.map((entrance) => [entrance.card.nodeId, { region, entrance }] as const),
      ),
    ),
    random,
  };
}

/** A region's jurisdiction is that of its nodes: one that has none now is not known to be in any. */
function countAllowed(pin: RegionPin, { regions, nodes }: MeshSnapshot): number {
  if (pin.jurisdiction === undefined) {
    return regions.filter((region) => allows(pin, { region })).length;
  }
  const allowed = nodes.filter(({ card }) => allows(pin, card)).map(({ card }) => card.region);
  return new Set(regions).intersection(new Set(allowed)).size;
}

/** A node's load as it will be when those who are on the way to it have come. */
export function expectedLoad(
  { card, load }: Pick<Entrance, 'card' | 'load'>,
  onTheWay: ReadonlyMap<string, number>,
): NodeLoad {
  return predicted(load, onTheWay.get(card.nodeId) ?? 0);
}

/** Whether a node has the room already, or will have it when those on the way have come. */
export function holdsRoom({ positions }: Scene, { card }: Pick<Entrance, 'card'>): boolean {
  return positions.has(card.nodeId);
}

/** A name that nobody knows is a typing error: in `deny` it would silently allow what was to be forbidden. */
export function refuseUnknown(pin: RegionPin, known: readonly string[]): void {
  const named = [...(pin.allow ?? []), ...(pin.deny ?? []), ...(pin.prefer ?? [])];
  const unknown = named.find((region) => !known.includes(region));
  if (unknown !== undefined) {
    throw new RizomaError(
      'region_unknown',
      `there is no region ${unknown}; known are: ${known.join(', ') || 'none yet'}`,
      { details: { region: unknown, known: [...known] } },
    );
  }
}

export function regionEmpty(pin: RegionPin): RizomaError {
  const words = pinWords(pin);
  const where = words === '' ? 'any region' : `what the pin leaves (${words})`;
  return new RizomaError('region_empty', `there is no node in ${where} now; try again`, {
    details: { ...pin },
    retryAfter_s: defaults.retryAfter_s,
  });
}
