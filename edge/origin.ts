import * as v from 'valibot';
import { Place } from '../protocol/place.ts';
import type { EdgeContext } from './app.ts';

const degrees = v.pipe(v.union([v.string(), v.number()]), v.transform(Number));
const Cf = v.object({ latitude: degrees, longitude: degrees });

/** Where a request came from, as the platform knows it from the address; often it does not. */
export function placeOfRequest(context: EdgeContext): Place | undefined {
  const { cf: told } = context.req.raw;
  const cf = told === undefined ? undefined : v.safeParse(Cf, told);
  if (cf?.success !== true) {
    return undefined;
  }
  const place = v.safeParse(Place, { lat: cf.output.latitude, lon: cf.output.longitude });
  return place.success ? place.output : undefined;
}

/**
 * Where clients reach this edge: as configured, else as the caller reached it. Licode's nuve.js leaves
 * the port out of its `Host`, so that only a default port can be told from a request.
 */
export function originOf(context: EdgeContext): string {
  return context.get('config').publicOrigin ?? new URL(context.req.url).origin;
}
