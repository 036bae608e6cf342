import { expect, test } from 'vitest';
import { distance_km } from '../../../protocol/place.ts';

const dublin = { lat: 53.35, lon: -6.26 };
const tokyo = { lat: 35.68, lon: 139.69 };

test('Dublin is some 9,600 km from Tokyo, both ways', () => {
  expect(distance_km(dublin, tokyo)).toBeGreaterThan(9_500);
  expect(distance_km(dublin, tokyo)).toBeLessThan(9_700);
  expect(distance_km(tokyo, dublin)).toBeCloseTo(distance_km(dublin, tokyo));
});

test('a place is nowhere from itself, and the far side is half the way round', () => {
  expect(distance_km(dublin, dublin)).toBe(0);
  expect(distance_km({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(20_015, 0);
});
