import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Place } from '../../protocol/place.ts';
import { distance_km } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { Random } from './load.ts';
import { compareLoad, isFull, powerOfTwo } from './load.ts';
import type { Entrance, MeshSnapshot } from './snapshot.ts';
import { entrancesOf } from './snapshot.ts';

/** What is asked: where a participant may be, and where it is, if that is known. */
export interface Wish {
  readonly pin: RegionPin;
  readonly place: Place | undefined;
}

export type RuleName = 'pinned' | 'nearest' | 'spill' | 'anywhere';

export interface Placement {
  /** The rule that hit. */
  readonly rule: RuleName;
  /** The rules before it, and why each was passed over. */
  readonly passedOver: readonly { rule: RuleName; why: string }[];
  /** Best first, at least one, up to `limits.joinAlternatives`; all within the pin. */
  readonly entrances: readonly Entrance[];
}

const defaults = {
  /** A region that has just lost its node is served again when the node has restarted. */
  retryAfter_s: 5,
  /** Alternatives in the region that was chosen, before those in others: a node fails more often than a region. */
  entrancesInFirstRegion: 2,
} as const;

interface Region {
  readonly name: string;
  readonly entrances: readonly Entrance[];
  /** From the participant to the nearest of its nodes; 0 where the participant's place is unknown. */
  readonly distance_km: number;
  readonly full: boolean;
}

/** The picture that the rules decide on: allowed regions that have an entrance, nearest first. */
interface Scene {
  readonly wish: Wish;
  /** How many known regions the pin leaves, with a node or without. */
  readonly allowedRegions: number;
  readonly regions: readonly Region[];
}

/** A region, or why the rule does not choose one. */
type Verdict = Region | string;

/**
 * Where a participant enters: named rules, the first hit wins.
 * Throws `region_unknown` for a pin that names a region which no node ever served, and
 * `region_empty` where no region that the pin allows has a node now.
 */
export function choose(wish: Wish, snapshot: MeshSnapshot, random: Random): Placement {
  const scene = sceneOf(wish, snapshot);
  const rules: readonly [RuleName, (scene: Scene) => Verdict][] = [
    ['pinned', pinned],
    ['nearest', nearest],
    ['spill', spill],
    ['anywhere', ({ regions }) => anywhere(regions, random)],
  ];
  const passedOver: { rule: RuleName; why: string }[] = [];
  for (const [rule, decide] of rules) {
    const verdict = decide(scene);
    if (typeof verdict !== 'string') {
      return { rule, passedOver, entrances: alternatives(scene, verdict, random) };
    }
    passedOver.push({ rule, why: verdict });
  }
  throw regionEmpty(wish.pin);
}

export function allows(pin: RegionPin, region: string): boolean {
  return (pin.allow?.includes(region) ?? true) && !(pin.deny?.includes(region) ?? false);
}

function sceneOf(wish: Wish, snapshot: MeshSnapshot): Scene {
  refuseUnknown(wish.pin, snapshot.regions);
  const allowed = entrancesOf(snapshot).filter(({ card }) => allows(wish.pin, card.region));
  const regions = [...Map.groupBy(allowed, ({ card }) => card.region)].map(
    ([name, entrances]): Region => ({
      name,
      entrances,
      distance_km: distanceOf(entrances, wish.place),
      full: entrances.every(isFull),
    }),
  );
  if (regions.length === 0) {
    throw regionEmpty(wish.pin);
  }
  return {
    wish,
    allowedRegions: snapshot.regions.filter((region) => allows(wish.pin, region)).length,
    regions: regions.toSorted((a, b) => a.distance_km - b.distance_km),
  };
}

function distanceOf(entrances: readonly Entrance[], place: Place | undefined): number {
  if (place === undefined) {
    return 0;
  }
  return Math.min(...entrances.map(({ card }) => distance_km(card.place, place)));
}

/** A name that nobody knows is a typing error: in `deny` it would silently allow what was to be forbidden. */
function refuseUnknown(pin: RegionPin, known: readonly string[]): void {
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

function regionEmpty(pin: RegionPin): RizomaError {
  const where = pin.allow === undefined ? 'any region that is allowed' : pin.allow.join(', ');
  return new RizomaError('region_empty', `there is no node in ${where} now; try again`, {
    details: { ...pin },
    retryAfter_s: defaults.retryAfter_s,
  });
}

/** The pin itself says where: by the order of `prefer`, or because it leaves one region. */
function pinned({ wish, regions, allowedRegions }: Scene): Verdict {
  const prefer = wish.pin.prefer ?? [];
  const wished =
    prefer.length === 0 && allowedRegions === 1
      ? regions
      : prefer.flatMap((name) => regions.filter((region) => region.name === name));
  if (wished.length === 0) {
    return prefer.length === 0
      ? `the pin leaves ${allowedRegions} regions`
      : `${prefer.join(', ')} may not be used or has no node`;
  }
  return wished.find((region) => !region.full) ?? `${wished[0]?.name} is full`;
}

function nearest({ wish, regions: [first] }: Scene): Verdict {
  if (wish.place === undefined || first === undefined) {
    return placeUnknown;
  }
  return first.full ? `${first.name} is full` : first;
}

function spill({ wish, regions }: Scene): Verdict {
  if (wish.place === undefined) {
    return placeUnknown;
  }
  return regions.find((region) => !region.full) ?? 'every region that is allowed is full';
}

/** Without a place, or where all are full: a full node serves better than none. */
function anywhere(regions: readonly Region[], random: Random): Verdict {
  const entrance = powerOfTwo(
    regions.flatMap((region) => region.entrances),
    random,
  );
  return regions.find(({ name }) => name === entrance?.card.region) ?? 'there is no node';
}

const placeUnknown = 'the place of the participant is not known';

/** The chosen region's best, then what is left when that node or the whole region fails. */
function alternatives({ wish, regions }: Scene, chosen: Region, random: Random): Entrance[] {
  const prefer = wish.pin.prefer ?? [];
  const order = (region: Region): number => {
    const at = prefer.indexOf(region.name);
    return (region.full ? prefer.length + 1 : 0) + (at < 0 ? prefer.length : at);
  };
  const others = regions
    .filter((region) => region !== chosen)
    .toSorted((a, b) => order(a) - order(b) || a.distance_km - b.distance_km);
  const here = ranked(chosen, random);
  const list = [
    ...here.slice(0, defaults.entrancesInFirstRegion),
    ...others.flatMap((region) => ranked(region, random).slice(0, 1)),
    ...here.slice(defaults.entrancesInFirstRegion),
  ];
  return list.slice(0, limits.joinAlternatives);
}

function ranked({ entrances }: Region, random: Random): Entrance[] {
  const first = powerOfTwo(entrances, random);
  const rest = entrances.filter((entrance) => entrance !== first).toSorted(compareLoad);
  return first === undefined ? rest : [first, ...rest];
}
