import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { RegionId } from '../protocol/ids.ts';
import { Place } from '../protocol/place.ts';
import { BringUpError } from './output.ts';
import { rootDir } from './paths.ts';

const Region = v.strictObject({
  id: RegionId,
  /** The city or state that its data centres stand in or near. */
  name: v.pipe(v.string(), v.minLength(1)),
  ...Place.entries,
  /** ISO 3166-1 alpha-2. */
  country: v.pipe(v.string(), v.regex(/^[A-Z]{2}$/)),
});

const Regions = v.pipe(v.array(Region), v.minLength(1), v.maxLength(254));

export type Region = v.InferOutput<typeof Region>;

/** A region and the loopback address that its node has in local mode. */
export interface LocalRegion extends Region {
  readonly ip: string;
}

export const defaultRegions: readonly string[] = ['eu-west', 'us-east', 'ap-northeast'];

/** The known regions; their order gives their local addresses, so new ones go at the end. */
export function knownRegions(): Region[] {
  return v.parse(Regions, JSON.parse(readFileSync(join(rootDir, 'infra', 'regions.json'), 'utf8')));
}

/**
 * The named regions with their addresses, `127.<base>.<n>.1` for the n-th known region. Fails with the
 * known names where one is unknown, and where one is named twice.
 */
export function selectRegions(ids: readonly string[], addressBase = 0): LocalRegion[] {
  const known = knownRegions();
  const names = known.map((region) => region.id).join(', ');
  if (ids.length === 0) throw new BringUpError(`Name at least one region of: ${names}`);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new BringUpError(`Region ${twice} is named twice`);
  return ids.map((id) => {
    const at = known.findIndex((region) => region.id === id);
    const region = known[at];
    if (region === undefined) {
      throw new BringUpError(`There is no region "${id}". Known regions: ${names}`);
    }
    return { ...region, ip: `127.${addressBase}.${at + 1}.1` };
  });
}
