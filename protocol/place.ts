import * as v from 'valibot';

/** A place on the globe, in degrees. */
export const Place = v.strictObject({
  lat: v.pipe(v.number(), v.minValue(-90), v.maxValue(90)),
  lon: v.pipe(v.number(), v.minValue(-180), v.maxValue(180)),
});

export type Place = v.InferOutput<typeof Place>;

const earthRadius_km = 6_371;
const radians = Math.PI / 180;
/** Round trip over the great circle: the median of the pairs of a large provider's regions. */
const rtt_ms_per_km = 0.017;

/** Great-circle distance in kilometres (haversine formula). */
export function distance_km(a: Place, b: Place): number {
  const lat = Math.sin(((b.lat - a.lat) * radians) / 2);
  const lon = Math.sin(((b.lon - a.lon) * radians) / 2);
  const h = lat * lat + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * lon * lon;
  return 2 * earthRadius_km * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The round trip in ms that a way of this length has, where nobody has measured it. */
export function estimatedRtt_ms(length_km: number): number {
  return length_km * rtt_ms_per_km;
}

/** The round trip in ms between the nearest of two groups of places; of the longest way for an empty one. */
export function estimatedRttBetween_ms(a: readonly Place[], b: readonly Place[]): number {
  const lengths_km = a.flatMap((from) => b.map((to) => distance_km(from, to)));
  return estimatedRtt_ms(Math.min(Math.PI * earthRadius_km, ...lengths_km));
}
