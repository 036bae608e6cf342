import type { PlacementRuleName } from '../../protocol/contracts/placements.ts';
import { compareLoad, isFull, powerOfTwo } from './load.ts';
import type { Reason } from './reasons.ts';
import * as reasons from './reasons.ts';
import type { Region, Scene } from './scene.ts';
import { holdsRoom } from './scene.ts';
import type { Entrance } from './snapshot.ts';

/** Where a rule leads: to a region, and to one node of it where the rule is about nodes. */
export interface Choice {
  readonly region: Region;
  readonly entrance?: Entrance;
}

/** A choice, or why the rule makes none. */
type Verdict = Choice | string;

export interface Rule {
  readonly name: PlacementRuleName;
  readonly decide: (scene: Scene) => Verdict;
  /** After this rule took a node: why it did not take another one, in another region or in the same. */
  readonly refuse: (scene: Scene, taken: Entrance, other: Entrance) => Reason;
}

const defaults = {
  /** Regions that differ by less are one place: nobody hears it, and each more would cost a cascade. */
  onePlace_ms: 5,
} as const;

/** The pin itself says where: by the order of `prefer`, or because it leaves one region. */
export const pinned: Rule = {
  name: 'pinned',
  decide: ({ wish, regions, allowedRegions }) => {
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
    const region = wished.find(({ full }) => !full);
    return region === undefined ? wished.map(reasons.fullRegion).join('; ') : { region };
  },
  refuse: (scene, taken, other) =>
    other.card.region === taken.card.region
      ? reasons.sameRegion(scene, taken, other)
      : reasons.lessPreferred(scene, other),
};

/** Participants of one place share a node of the room while it has room: each more would cost a pipe. */
export const sticky: Rule = {
  name: 'sticky',
  decide: (scene) => {
    const { regions, holders } = scene;
    const [first] = regions;
    if (first === undefined || holders.length === 0) {
      return 'no controller holds the room';
    }
    const choices = holders.flatMap((nodeId) => {
      const choice = scene.places.get(nodeId);
      return choice && isOnePlace(first.delay_ms, choice.region.delay_ms) ? [choice] : [];
    });
    const free = choices.find(({ entrance }) => !isFull(entrance));
    return free ?? `${choices.length} controllers hold the room within ${place}, none has room`;
  },
  refuse: (scene, taken, other) =>
    holdsRoom(scene, other) ? reasons.laterHolder(scene, taken, other) : reasons.noHolder(scene),
};

export const nearest: Rule = {
  name: 'nearest',
  decide: ({ wish, regions: [first] }) => {
    if (wish.place === undefined || first === undefined) {
      return placeUnknown;
    }
    return first.full ? reasons.fullRegion(first) : { region: first };
  },
  refuse: reasons.further,
};

/** The nearest region that is under its load limit. */
export const spill: Rule = {
  name: 'spill',
  decide: ({ wish, regions }) => {
    if (wish.place === undefined) {
      return placeUnknown;
    }
    const region = regions.find(({ full }) => !full);
    return region === undefined ? regions.map(reasons.fullRegion).join('; ') : { region };
  },
  refuse: reasons.further,
};

/** Without a place, or where all are full: a full node serves better than none. */
export const anywhere: Rule = {
  name: 'anywhere',
  decide: ({ regions, places, random }) => {
    const entrances = regions.flatMap((region) => region.entrances);
    const entrance = powerOfTwo(entrances, random);
    return (entrance && places.get(entrance.card.nodeId)) ?? 'there is no node';
  },
  refuse: reasons.busier,
};

/** Where the room's first participant is, however far from the others. */
export const firstJoiner: Rule = {
  name: 'first_joiner',
  decide: ({ places, holders }) => {
    const [first] = holders.flatMap((nodeId) => places.get(nodeId) ?? []);
    if (first === undefined) {
      return 'no controller that is allowed holds the room';
    }
    return first.region.full ? reasons.fullRegion(first.region) : { region: first.region };
  },
  refuse: (scene, taken, other) =>
    other.card.region === taken.card.region
      ? reasons.sameRegion(scene, taken, other)
      : reasons.elsewhere(scene, taken),
};

/** The least busy node of all that are allowed; of several alike the nearest. */
export const leastLoaded: Rule = {
  name: 'least_loaded',
  decide: ({ regions }) => {
    const [least] = regions
      .flatMap((region) => region.entrances.map((entrance) => ({ region, entrance })))
      .toSorted((a, b) => compareLoad(a.entrance, b.entrance));
    return least === undefined || isFull(least.entrance) ? 'every node is full' : least;
  },
  refuse: reasons.busier,
};

const placeUnknown = 'the place of the participant is not known';
const place = `${defaults.onePlace_ms} ms of the nearest region`;

function isOnePlace(nearest_ms: number, delay_ms: number): boolean {
  return delay_ms - nearest_ms <= defaults.onePlace_ms;
}
