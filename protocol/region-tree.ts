import { limits } from './limits.ts';

/** How busy a region is: as free as the freest of its nodes that hold the room. */
export type RegionState = 'available' | 'warning' | 'full';

/** What a tree of regions is made from. */
export interface RegionMap {
  /** Where the room has processes, of what its pin allows. */
  readonly regions: readonly string[];
  /** Round trip in ms between two of them; the same in both directions. */
  readonly rtt_ms: (a: string, b: string) => number;
  /**
   * Whether a region may relay: an available one may, one with a warning goes on with what it
   * relays and takes nothing more, and a full one relays nothing.
   */
  readonly stateOf: (region: string) => RegionState;
}

/** The region that each region pulls from. The origin pulls from none and is not in it. */
export type RegionTree = ReadonlyMap<string, string>;

interface Place {
  readonly region: string;
  /** What a relay on the way to here has to gain, in ms. */
  readonly price_ms: number;
  parent: Place | undefined;
  children: Place[];
  /** Round trips from the origin to here, added up. */
  delay_ms: number;
  /** Links between regions on the way to here. */
  hops: number;
}

interface Move {
  readonly place: Place;
  readonly to: Place;
}

interface Step {
  readonly moves: readonly Move[];
  /** What it gains beyond what it has to, in ms. */
  readonly gain_ms: number;
}

/** Below it two sums of the same round trips may differ by the order of addition. */
const rounding_ms = 1e-6;

/**
 * The tree by which streams of one region reach the others. It minimises the sum over all regions of
 * the delay and of a price for each relay on the way, which is what a relay has to gain: at least
 * `limits.relayGain_ms` and `limits.relayGain_share` of the direct way. With the tree before, that is
 * also what a change has to gain, so that a relay is taken for a gain and left when there is none.
 *
 * No region has more than `limits.regionFanOut` children and none is more than `limits.regionHops`
 * away; the origin alone has more where no region with a place left may relay. Empty where the origin
 * is not one of the regions. The search is greedy and then local, not exhaustive.
 */
export function regionTree(origin: string, map: RegionMap, before?: RegionTree): RegionTree {
  if (!map.regions.includes(origin)) {
    return new Map();
  }
  const draft = new Draft(origin, map);
  if (before !== undefined) {
    draft.keep(before);
  }
  draft.grow();
  draft.improve(before === undefined ? 0 : 1);
  return draft.tree();
}

/** A tree in the making. */
class Draft {
  readonly #map: RegionMap;
  readonly #root: Place;
  readonly #placed: Place[];
  #open: Place[];

  constructor(origin: string, map: RegionMap) {
    this.#map = map;
    const others = new Set(map.regions.toSorted().filter((region) => region !== origin));
    this.#root = newPlace(origin, 0);
    this.#placed = [this.#root];
    this.#open = [...others].map((region) => newPlace(region, map.rtt_ms(origin, region)));
  }

  tree(): RegionTree {
    return new Map(
      this.#placed.flatMap(({ region, parent }) => (parent ? [[region, parent.region]] : [])),
    );
  }

  /** Takes over what the tree before has and may be so still. */
  keep(before: RegionTree): void {
    for (const place of this.#placed) {
      for (const child of this.#open.filter(({ region }) => before.get(region) === place.region)) {
        const mayRelay = this.#hasRoom(place) && this.#map.stateOf(place.region) !== 'full';
        if (place === this.#root || mayRelay) {
          this.#attach(child, place);
        }
      }
    }
  }

  /** Whoever has the cheapest way comes next. */
  grow(): void {
    while (this.#open.length > 0) {
      const next = this.#cheapest() ?? this.#overLimit();
      this.#attach(next.place, next.to);
    }
  }

  /** Changes the tree for as long as a step gains more than so many prices. */
  improve(prices: number): void {
    for (let step = this.#best(prices); step !== undefined; step = this.#best(prices)) {
      for (const { place, to } of step.moves) {
        this.#move(place, to);
      }
    }
  }

  #cheapest(): { place: Place; to: Place } | undefined {
    let best: { place: Place; to: Place; cost_ms: number } | undefined;
    for (const to of this.#placed.filter((place) => this.#takesMore(place))) {
      for (const place of this.#open) {
        const delay_ms = to.delay_ms + this.#map.rtt_ms(to.region, place.region);
        const cost_ms = delay_ms + to.hops * place.price_ms;
        if (cost_ms < (best?.cost_ms ?? Infinity) - rounding_ms) {
          best = { place, to, cost_ms };
        }
      }
    }
    return best;
  }

  /** Nobody may take one more: the origin does, and first one that can relay for the rest. */
  #overLimit(): { place: Place; to: Place } {
    const able = this.#open.find(({ region }) => this.#map.stateOf(region) === 'available');
    return { place: able ?? (this.#open[0] as Place), to: this.#root };
  }

  #best(prices: number): Step | undefined {
    const crowded = this.#root.children.length > limits.regionFanOut;
    let best: Step | undefined;
    for (const step of this.#steps(crowded ? this.#root.children : this.#placed.slice(1))) {
      const gain_ms = step.reduce(
        (sum, { place, to }) => sum + this.#gain_ms(place, to, prices),
        0,
      );
      if ((crowded || gain_ms > rounding_ms) && gain_ms > (best?.gain_ms ?? -Infinity)) {
        best = { moves: step, gain_ms };
      }
    }
    return best;
  }

  /** A region goes, with all behind it, to one that takes more; or two change places. */
  *#steps(places: readonly Place[]): Generator<readonly Move[]> {
    const takers = this.#placed.filter((place) => this.#takesMore(place));
    for (const place of places) {
      for (const to of takers) {
        if (place.parent !== to && fits(place, to)) {
          yield [{ place, to }];
        }
      }
      for (const other of places) {
        const [here, there] = [place.parent, other.parent];
        const apart = here !== undefined && there !== undefined && here !== there;
        if (place.region < other.region && apart && this.#mayRelay(here, there)) {
          yield* fits(place, there) && fits(other, here)
            ? [
                [
                  { place, to: there },
                  { place: other, to: here },
                ],
              ]
            : [];
        }
      }
    }
  }

  #move(place: Place, to: Place): void {
    const siblings = place.parent?.children ?? [];
    siblings.splice(siblings.indexOf(place), 1);
    link(place, to, this.#map.rtt_ms(to.region, place.region));
  }

  /** Of the region and of all that come with it, less the price of the change. */
  #gain_ms(place: Place, to: Place, prices: number): number {
    const rtt_ms = this.#map.rtt_ms(to.region, place.region);
    const sooner_ms = place.delay_ms - to.delay_ms - rtt_ms;
    const fewer = place.hops - to.hops - 1;
    const sum = (member: Place): number =>
      member.children.reduce(
        (total, child) => total + sum(child),
        sooner_ms + (fewer - prices) * member.price_ms,
      );
    return sum(place);
  }

  #hasRoom({ children, hops }: Place): boolean {
    return children.length < limits.regionFanOut && hops < limits.regionHops;
  }

  #mayRelay(...places: Place[]): boolean {
    const { stateOf } = this.#map;
    return places.every((one) => one === this.#root || stateOf(one.region) === 'available');
  }

  #takesMore(place: Place): boolean {
    return this.#hasRoom(place) && this.#mayRelay(place);
  }

  #attach(place: Place, to: Place): void {
    this.#open = this.#open.filter((other) => other !== place);
    link(place, to, this.#map.rtt_ms(to.region, place.region));
    this.#placed.push(place);
  }
}

function newPlace(region: string, direct_ms: number): Place {
  const price_ms = Math.max(limits.relayGain_ms, limits.relayGain_share * direct_ms);
  return { region, price_ms, parent: undefined, children: [], delay_ms: 0, hops: 0 };
}

function link(place: Place, to: Place, rtt_ms: number): void {
  place.parent = to;
  to.children.push(place);
  const later_ms = to.delay_ms + rtt_ms - place.delay_ms;
  const further = to.hops + 1 - place.hops;
  const shift = (member: Place): void => {
    member.delay_ms += later_ms;
    member.hops += further;
    member.children.forEach(shift);
  };
  shift(place);
}

/** Whether the place with all behind it can hang there: not below itself, nor too far away. */
function fits(place: Place, to: Place): boolean {
  for (let above: Place | undefined = to; above !== undefined; above = above.parent) {
    if (above === place) {
      return false;
    }
  }
  return to.hops + 1 + heightOf(place) <= limits.regionHops;
}

function heightOf({ children }: Place): number {
  return children.reduce((height, child) => Math.max(height, 1 + heightOf(child)), 0);
}
