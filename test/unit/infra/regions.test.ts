import { expect, test } from 'vitest';
import { defaultRegions, knownRegions, selectRegions } from '../../../infra/regions.ts';

test('the three default regions have the addresses that the README names', () => {
  expect(selectRegions(defaultRegions).map(({ id, ip }) => [id, ip])).toEqual([
    ['eu-west', '127.0.1.1'],
    ['us-east', '127.0.2.1'],
    ['ap-northeast', '127.0.3.1'],
  ]);
});

test('a region keeps its address whatever others are chosen, and the base moves all', () => {
  expect(selectRegions(['ap-northeast'], 7).map(({ ip }) => ip)).toEqual(['127.7.3.1']);
});

test('about twenty regions are known, each once', () => {
  const ids = knownRegions().map(({ id }) => id);
  expect(ids.length).toBeGreaterThanOrEqual(20);
  expect(new Set(ids).size).toBe(ids.length);
});

test('an unknown region is refused with the known ones named', () => {
  expect(() => selectRegions(['eu-west', 'mars'])).toThrow(
    /"mars".*eu-west, us-east, ap-northeast/,
  );
});

test('no region, and one named twice, are refused', () => {
  expect(() => selectRegions([])).toThrow('at least one');
  expect(() => selectRegions(['eu-west', 'eu-west'])).toThrow('twice');
});
