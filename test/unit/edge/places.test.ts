import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { countries, placeOfCountry } from '../../../edge/placement/countries.ts';
import { locationHintOf } from '../../../edge/placement/location-hint.ts';
import { parse } from '../../../protocol/parse.ts';
import { distance_km, Place } from '../../../protocol/place.ts';

const Regions = v.array(
  v.object({ id: v.string(), lat: v.number(), lon: v.number(), country: v.string() }),
);
const regions = parse(
  Regions,
  JSON.parse(readFileSync(new URL('../../../infra/regions.json', import.meta.url), 'utf8')),
  'regions',
);

describe('the table of countries', () => {
  it('has every country once, on the globe, by the code that the world knows', () => {
    expect(countries).toHaveLength(249);
    expect(new Set(countries).size).toBe(249);
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const isRight = (code: string): boolean =>
      /^[A-Z]{2}$/.test(code) && names.of(code) !== undefined && v.is(Place, placeOfCountry(code));
    expect(countries.filter((code) => !isRight(code))).toEqual([]);
  });

  it.each(regions)('puts $country where $id is', ({ country, lat, lon }) => {
    expect(distance_km(placeOfCountry(country), { lat, lon })).toBeLessThan(3_000);
  });

  it('takes small letters and names a code that is none', () => {
    expect(placeOfCountry('pt')).toEqual(placeOfCountry('PT'));
    for (const code of ['XX', 'UK', '']) {
      expect(() => placeOfCountry(code)).toThrow(
        expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(code) }),
      );
    }
  });
});

describe('the location hint of a room', () => {
  it.each([
    ['wnam', 'San Francisco', 37.8, -122.4],
    ['enam', 'New York', 40.7, -74],
    ['sam', 'Santiago', -33.4, -70.7],
    ['weur', 'Dublin', 53.35, -6.26],
    ['weur', 'Lisbon', 38.7, -9.1],
    ['eeur', 'Sofia', 42.7, 23.3],
    ['apac', 'Bengaluru', 13, 77.6],
    ['apac-ne', 'Osaka', 34.7, 135.5],
    ['apac-se', 'Kuala Lumpur', 3.1, 101.7],
    ['oc', 'Brisbane', -27.5, 153],
    ['afr', 'Accra', 5.6, -0.2],
    ['me', 'Doha', 25.3, 51.5],
  ] as const)('is %s for %s', (hint, _, lat, lon) => {
    expect(locationHintOf({ lat, lon })).toBe(hint);
  });
});
