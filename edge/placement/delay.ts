import type { Place } from '../../protocol/place.ts';
import { distance_km, estimatedRtt_ms, estimatedRttBetween_ms } from '../../protocol/place.ts';
import { RegionWays } from '../../protocol/region-ways.ts';
import type { NodeSummary } from './snapshot.ts';

const defaults = {
  /** Who is this near to a region reaches the others over the same cables. */
  neighbourhood_km: 500,
} as const;

/** What is known of regions: where they are, and the round trips that their nodes measured. */
interface Geography {
  readonly places: ReadonlyMap<string, readonly Place[]>;
  readonly ways: RegionWays;
}

/** One picture of the mesh serves many participants. */
const drawn = new WeakMap<readonly NodeSummary[], Geography>();

function geographyOf(nodes: readonly NodeSummary[]): Geography {
  const geography = drawn.get(nodes) ?? draw(nodes);
  drawn.set(nodes, geography);
  return geography;
}

function draw(nodes: readonly NodeSummary[]): Geography {
  const places = new Map<string, Place[]>();
  for (const { card } of nodes) {
    const here = places.get(card.region) ?? [];
    here.push(card.place);
    places.set(card.region, here);
  }
  const said = nodes.map(({ card, load }) => ({ region: card.region, rtts_ms: load.rtts_ms }));
  return { places, ways: new RegionWays(said) };
}

/**
 * Estimates the round trip in ms from a place to regions: through the region next to the place where
 * its nodes have measured it, else by great-circle distance.
 */
export function delaysFrom(
  place: Place,
  nodes: readonly NodeSummary[],
): (region: string) => number {
  const geography = geographyOf(nodes);
  const direct_km = new Map(
    [...geography.places].map(([region, places]) => [
      region,
      Math.min(...places.map((there) => distance_km(place, there))),
    ]),
  );
  const home = homeOf(geography, direct_km);
  return (region) => {
    const byDistance_ms = estimatedRtt_ms(direct_km.get(region) ?? Infinity);
    if (home === undefined || home.region === region) {
      return byDistance_ms;
    }
    const rtt_ms = geography.ways.between(home.region, region);
    return rtt_ms === undefined ? byDistance_ms : estimatedRtt_ms(home.km) + rtt_ms;
  };
}

/** The round trip in ms between two regions: as measured by either side, else by the distance. */
export function rttsBetween(nodes: readonly NodeSummary[]): (a: string, b: string) => number {
  const geography = geographyOf(nodes);
  const placesOf = (region: string): readonly Place[] => geography.places.get(region) ?? [];
  return (a, b) => geography.ways.between(a, b) ?? estimatedRttBetween_ms(placesOf(a), placesOf(b));
}

/** The nearest region whose nodes have measured anything, if it is near enough to speak for the place. */
function homeOf(
  { ways }: Geography,
  direct_km: ReadonlyMap<string, number>,
): { region: string; km: number } | undefined {
  let home: { region: string; km: number } | undefined;
  for (const [region, km] of direct_km) {
    if (km <= (home?.km ?? defaults.neighbourhood_km) && ways.hasFrom(region)) {
      home = { region, km };
    }
  }
  return home;
}
