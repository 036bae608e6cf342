import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../protocol/limits.ts';
import type { RegionMap, RegionState, RegionTree } from '../../../protocol/region-tree.ts';
import { regionTree } from '../../../protocol/region-tree.ts';
import { amount } from '../../support/fuzz/amount.ts';
import { measuredCities, seeded } from '../edge/placement-kit.ts';
import { costOf_ms, leastSum_ms, sumOf_ms } from './region-best.ts';

const { cities, rtt_ms: between_ms } = measuredCities();
const byRegion = new Map(cities.map((city) => [city.region, city]));
const measured = (a: string, b: string): number => {
  const [from, to] = [byRegion.get(a), byRegion.get(b)];
  if (from === undefined || to === undefined) {
    throw new Error('no such region');
  }
  return between_ms(from, to);
};
const available = (): RegionState => 'available';

/** Regions of the first letters, with any round trips: they need not keep the triangle inequality. */
function anyMap(count: number, random: () => number, share: { full: number; warning: number }) {
  const regions = Array.from({ length: count }, (_, at) => String.fromCharCode(97 + at));
  const longest_ms = 20 + random() * 400;
  const rtts_ms = regions.map(() => regions.map(() => 1 + random() * longest_ms));
  const states = new Map(
    regions.map((region) => {
      const dice = random();
      const busy = dice < share.full + share.warning ? 'warning' : 'available';
      return [region, dice < share.full ? 'full' : busy] as const;
    }),
  );
  return {
    regions,
    rtt_ms: (a: string, b: string): number => {
      const [from, to] = a < b ? [a, b] : [b, a];
      return rtts_ms[from.charCodeAt(0) - 97]?.[to.charCodeAt(0) - 97] ?? NaN;
    },
    stateOf: (region: string): RegionState => states.get(region) ?? 'available',
  };
}

/** Throws where it is not a tree of these regions that keeps every rule. */
function check(origin: string, tree: RegionTree, map: RegionMap, before?: RegionTree): void {
  const others = map.regions.filter((region) => region !== origin);
  if ([...tree.keys()].toSorted().join() !== others.toSorted().join()) {
    throw new Error('it has other regions than it was made for');
  }
  const children = Map.groupBy(tree.keys(), (region) => tree.get(region) ?? '');
  const hops = (region: string): number => costOf_ms(origin, region, tree, map).hops;
  for (const [parent, pulling] of children) {
    const kept = pulling.every((region) => before?.get(region) === parent);
    const state = map.stateOf(parent);
    if (parent !== origin && (state === 'full' || (state === 'warning' && !kept))) {
      throw new Error(`${parent} is ${state} and relays`);
    }
    if (parent !== origin && pulling.length > limits.regionFanOut) {
      throw new Error(`${parent} has ${pulling.length} children`);
    }
  }
  const isOpen = (relay: string): boolean =>
    map.stateOf(relay) === 'available' &&
    hops(relay) < limits.regionHops &&
    (children.get(relay) ?? []).length < limits.regionFanOut;
  const direct = children.get(origin) ?? [];
  const leaf = direct.find((region) => !children.has(region));
  if (direct.length > limits.regionFanOut && leaf !== undefined) {
    if (others.some((relay) => relay !== leaf && isOpen(relay))) {
      throw new Error(`the origin has ${direct.length} children and another could relay`);
    }
  }
  for (const region of others) {
    const { hops: far, delay_ms, direct_ms } = costOf_ms(origin, region, tree, map);
    const mayGoDirect = direct.length < limits.regionFanOut;
    if (far > limits.regionHops || (mayGoDirect && delay_ms > direct_ms + 1e-3)) {
      throw new Error(`${region} is ${far} hops and ${delay_ms} ms away, ${direct_ms} ms directly`);
    }
  }
}

const anyCase = { seed: fc.integer({ min: 1 }), count: fc.integer({ min: 1, max: 12 }) };

describe('a tree of regions', () => {
  test('is one, in the pin, the fan-out and the hops, and worse than the direct way nowhere, whatever the ways, the load, the pin and the losses', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ seed, count }) => {
        const random = seeded(seed);
        const share = { full: random() * 0.8, warning: random() * 0.4 };
        const all = anyMap(count, random, share);
        const pinned = random() < 0.5 ? all.regions.filter(() => random() < 0.7) : all.regions;
        const origin = pinned[Math.floor(random() * pinned.length)] ?? 'a';
        const map = { ...all, regions: pinned };
        const tree = regionTree(origin, map);
        if (pinned.length === 0) {
          expect(tree.size).toBe(0);
          return;
        }
        check(origin, tree, map);
        // Some regions are lost, others come, ways and loads change.
        const regions = all.regions.filter((region) => region === origin || random() < 0.7);
        const later = { ...anyMap(count, random, share), regions };
        check(origin, regionTree(origin, later, tree), later, tree);
      }),
      { numRuns: amount({ short: 10_000, long: 100_000 }) },
    );
  }, 60_000);

  test('stays as it is under small noise', () => {
    fc.assert(
      fc.property(fc.record(anyCase), ({ seed, count }) => {
        const random = seeded(seed);
        const map = anyMap(count, random, { full: 0.2, warning: 0.2 });
        const tree = regionTree('a', map);
        const noise = anyMap(count, random, { full: 0, warning: 0 });
        const rtt_ms = (a: string, b: string): number => {
          const share = noise.rtt_ms(a, b) / 420;
          return map.rtt_ms(a, b) * (0.99 + share * 0.02);
        };
        expect(regionTree('a', { ...map, rtt_ms }, tree)).toEqual(tree);
      }),
      { numRuns: amount({ short: 2_000, long: 20_000 }) },
    );
  }, 60_000);

  test('is the best one among six regions of a large provider, some of them full, as exhaustive search finds', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed);
      const regions = cities
        .map(({ region }) => ({ region, dice: random() }))
        .toSorted((a, b) => a.dice - b.dice)
        .slice(0, 6)
        .map(({ region }) => region);
      const full = new Set(regions.filter(() => random() < 0.2));
      const stateOf = (region: string): RegionState => (full.has(region) ? 'full' : 'available');
      // Some ways are worse than a detour would be, as happens where providers meet.
      const broken = new Set(regions.filter(() => random() < 0.3));
      const rtt_ms = (a: string, b: string): number =>
        measured(a, b) * (broken.has(a) === broken.has(b) ? 1 : 1.6);
      const map = { regions, rtt_ms, stateOf };
      const [origin = ''] = regions;
      const sum_ms = sumOf_ms(origin, regionTree(origin, map), map);
      expect(sum_ms).toBeCloseTo(leastSum_ms(origin, map), 3);
    }
  });

  test('is as good as exhaustive search in nearly all cases, and on the whole, whatever the ways are', () => {
    const found = Array.from({ length: 400 }, (_, seed) => {
      const random = seeded(seed + 1);
      const map = anyMap(2 + (seed % 5), random, { full: 0.2, warning: 0.1 });
      const least_ms = leastSum_ms('a', map);
      return { sum_ms: sumOf_ms('a', regionTree('a', map), map), least_ms };
    });
    const best = found.filter(({ sum_ms, least_ms }) => sum_ms < least_ms + 1e-3);
    const total = (key: 'sum_ms' | 'least_ms'): number =>
      found.reduce((sum, one) => sum + one[key], 0);
    expect(best.length / found.length).toBeGreaterThan(0.98);
    expect(total('sum_ms') / total('least_ms')).toBeLessThan(1.002);
  });

  test('of twenty regions costs 1 % more delay than twenty direct ways would, and no region more than 15 ms', () => {
    const regions = cities.map(({ region }) => region);
    const map = { regions, rtt_ms: measured, stateOf: available };
    const ways = regions.flatMap((origin) => {
      const tree = regionTree(origin, map);
      check(origin, tree, map);
      return [...tree.keys()].map((region) => costOf_ms(origin, region, tree, map));
    });
    const sum = (key: 'delay_ms' | 'direct_ms'): number =>
      ways.reduce((total, way) => total + way[key], 0);
    expect(sum('delay_ms') / sum('direct_ms')).toBeLessThan(1.01);
    expect(Math.max(...ways.map((way) => way.delay_ms - way.direct_ms))).toBeLessThan(15);
  });

  test('takes a relay that gains 5 ms and 5 %, changes for as much again, and goes direct when it gains nothing', () => {
    const ways = (viaB_ms: number): RegionMap => ({
      regions: ['a', 'b', 'c'],
      rtt_ms: (x, y) => ({ ab: 50, bc: viaB_ms - 50, ac: 200 })[[x, y].toSorted().join('')] ?? 0,
      stateOf: available,
    });
    const direct = regionTree('a', ways(191));
    expect(direct).toEqual(
      new Map([
        ['b', 'a'],
        ['c', 'a'],
      ]),
    );
    const relayed = regionTree('a', ways(189));
    expect(relayed.get('c')).toBe('b');
    expect(regionTree('a', ways(181), direct).get('c')).toBe('a');
    expect(regionTree('a', ways(179), direct).get('c')).toBe('b');
    expect(regionTree('a', ways(199), relayed).get('c')).toBe('b');
    expect(regionTree('a', ways(201), relayed).get('c')).toBe('a');
  });

  test('leaves a relay that is full, keeps one that has a warning and gives it nothing more', () => {
    const ways = (state: RegionState, regions = ['a', 'b', 'c', 'd']): RegionMap => ({
      regions,
      rtt_ms: (x, y) => (x === 'b' || y === 'b' ? 50 : 200),
      stateOf: (region) => (region === 'b' ? state : 'available'),
    });
    const before = regionTree('a', ways('available', ['a', 'b', 'c']));
    expect(before.get('c')).toBe('b');
    expect(Object.fromEntries(regionTree('a', ways('warning'), before))).toEqual({
      b: 'a',
      c: 'b',
      d: 'a',
    });
    expect(Object.fromEntries(regionTree('a', ways('full'), before))).toEqual({
      b: 'a',
      c: 'a',
      d: 'a',
    });
  });

  test('of an origin that is not in it is empty', () => {
    expect(regionTree('x', anyMap(4, seeded(1), { full: 0, warning: 0 })).size).toBe(0);
  });
});
