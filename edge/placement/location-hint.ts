import type { Place } from '../../protocol/place.ts';
import { distance_km } from '../../protocol/place.ts';

/**
 * The areas where the platform can make an object when it is asked to, with cities of each: the nearest
 * city tells the side of a border, which the middle of a wide area would not.
 * Source: developers.cloudflare.com/durable-objects/reference/data-location.
 */
const cities = [
  ['wnam', 47.6, -122.3],
  ['wnam', 34.1, -118.2],
  ['wnam', 39.7, -105],
  ['wnam', 19.4, -99.1],
  ['enam', 39, -77.5],
  ['enam', 41.9, -87.6],
  ['enam', 33.7, -84.4],
  ['enam', 45.5, -73.6],
  ['enam', 32.8, -96.8],
  ['enam', 18.5, -69.9],
  ['sam', -23.5, -46.6],
  ['sam', -34.6, -58.4],
  ['sam', -12, -77],
  ['sam', 4.7, -74.1],
  ['sam', -8, -34.9],
  ['weur', 51.5, -0.1],
  ['weur', 48.9, 2.4],
  ['weur', 50.1, 8.7],
  ['weur', 40.4, -3.7],
  ['weur', 45.5, 9.2],
  ['weur', 59.3, 18.1],
  ['weur', 36.8, 3.1],
  ['eeur', 52.2, 21],
  ['eeur', 44.4, 26.1],
  ['eeur', 50.5, 30.5],
  ['eeur', 55.8, 37.6],
  ['eeur', 38, 23.7],
  ['eeur', 41, 29],
  ['eeur', 47.5, 19],
  ['apac', 19.1, 72.9],
  ['apac', 28.6, 77.2],
  ['apac', 13.1, 80.3],
  ['apac', 43.2, 76.9],
  ['apac-ne', 35.7, 139.7],
  ['apac-ne', 37.6, 127],
  ['apac-ne', 25, 121.5],
  ['apac-ne', 22.3, 114.2],
  ['apac-ne', 39.9, 116.4],
  ['apac-se', 1.4, 103.8],
  ['apac-se', -6.2, 106.8],
  ['apac-se', 13.8, 100.5],
  ['apac-se', 14.6, 121],
  ['apac-se', 10.8, 106.7],
  ['oc', -33.9, 151.2],
  ['oc', -36.8, 174.8],
  ['oc', -32, 115.9],
  ['oc', -18.1, 178.4],
  ['afr', -26.2, 28],
  ['afr', -33.9, 18.4],
  ['afr', 6.5, 3.4],
  ['afr', -1.3, 36.8],
  ['afr', 14.7, -17.4],
  ['afr', -4.3, 15.3],
  ['me', 25.2, 55.3],
  ['me', 24.7, 46.7],
  ['me', 32.1, 34.8],
  ['me', 30, 31.2],
  ['me', 35.7, 51.4],
] as const;

/** One of the platform's `DurableObjectLocationHint`. */
export type LocationHint = (typeof cities)[number][0];

/** The area that an object for participants at the place is best made in. */
export function locationHintOf(place: Place): LocationHint {
  const [nearest] = cities
    .map(([hint, lat, lon]) => ({ hint, km: distance_km(place, { lat, lon }) }))
    .toSorted((a, b) => a.km - b.km);
  return nearest?.hint ?? cities[0][0];
}
