import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Placement } from '../../../edge/placement/choose.ts';
import type { Random } from '../../../edge/placement/load.ts';
import { compareLoad, powerOfTwo, predicted } from '../../../edge/placement/load.ts';
import { policies } from '../../../edge/placement/policies.ts';
import type { Wish } from '../../../edge/placement/scene.ts';
import { allows } from '../../../protocol/pin.ts';
import type { MeshSnapshot } from '../../../edge/placement/snapshot.ts';
import { regionsAnswer } from '../../../edge/placement/snapshot.ts';
import { limits } from '../../../protocol/limits.ts';
import type { RegionPin } from '../../../protocol/token.ts';
import { chooseIn, codeOf, half, mesh, node, osaka, paris, regionNames } from './placement-kit.ts';

const one = mesh(node('eu-west'), node('us-east'), node('ap-northeast'));

function choose(wish: Wish, snapshot: MeshSnapshot, random: Random): Placement {
  return chooseIn(snapshot, policies.nearest, wish, { random });
}

function place(pin: RegionPin, at: typeof paris | undefined, snapshot: MeshSnapshot) {
  const { rule, entrances, passedOver } = choose({ pin, place: at }, snapshot, half);
  return { rule, nodes: entrances.map(({ card }) => card.nodeId), passedOver };
}

describe('placement', () => {
  it('goes to the one region that the pin allows, however far it is', () => {
    const { rule, nodes } = place({ allow: ['ap-northeast'] }, paris, one);
    expect({ rule, nodes }).toEqual({ rule: 'pinned', nodes: ['ap-northeast-1'] });
  });

  it('goes to the one region that the pin leaves after what it denies', () => {
    expect(place({ deny: ['eu-west', 'us-east'] }, paris, one)).toMatchObject({
      rule: 'pinned',
      nodes: ['ap-northeast-1'],
    });
  });

  it('follows the order of preference inside what is allowed', () => {
    const pin = { deny: ['eu-west'], prefer: ['eu-west', 'us-east', 'ap-northeast'] };
    expect(place(pin, osaka, one)).toMatchObject({
      rule: 'pinned',
      nodes: ['us-east-1', 'ap-northeast-1'],
    });
  });

  it('goes to the nearest region and offers the others in the order of their distance', () => {
    const { rule, nodes, passedOver } = place({}, paris, one);
    expect(rule).toBe('nearest');
    expect(nodes).toEqual(['eu-west-1', 'us-east-1', 'ap-northeast-1']);
    expect(passedOver).toEqual([
      { rule: 'pinned', why: 'the pin leaves 3 regions' },
      { rule: 'sticky', why: 'no controller holds the room' },
    ]);
  });

  it('spills to the next region when the nearest is full, and says so', () => {
    const full = mesh(
      node('eu-west', 1, { state: 'full', cpu: 0.93 }),
      node('us-east'),
      node('ap-northeast'),
    );
    const { rule, nodes, passedOver } = place({}, paris, full);
    expect({ rule, first: nodes[0] }).toEqual({ rule: 'spill', first: 'us-east-1' });
    expect(passedOver.at(-1)).toEqual({
      rule: 'nearest',
      why: 'eu-west is full: CPU 93 % or more on all of 1',
    });
  });

  it('takes a full node rather than none', () => {
    const full = mesh(node('eu-west', 1, { state: 'full' }));
    expect(place({ allow: ['eu-west'] }, paris, full)).toMatchObject({
      rule: 'anywhere',
      nodes: ['eu-west-1'],
    });
  });

  it('goes anywhere when nobody knows where the participant is', () => {
    expect(place({}, undefined, one).rule).toBe('anywhere');
  });

  it('names the regions that it knows when a pin names another', () => {
    for (const pin of [{ allow: ['eu-wset'] }, { deny: ['eu-wset'] }, { prefer: ['eu-wset'] }]) {
      const run = (): unknown => place(pin, paris, one);
      expect(codeOf(run)).toBe('region_unknown');
      expect(run).toThrow(/eu-wset.*ap-northeast, eu-west, us-east/);
    }
  });

  it('answers region_empty with a time to try again when the region has no node now', () => {
    const run = (): unknown => place({ allow: ['us-east'] }, paris, mesh(node('eu-west')));
    expect(codeOf(run)).toBe('region_empty');
    expect(run).toThrow(expect.objectContaining({ retryAfter_s: 5, http: 503 }));
  });

  it('passes over nodes that run no controller', () => {
    const { card, load } = node('eu-west');
    const { host: _, ...agentOnly } = card;
    const snapshot = mesh({ card: agentOnly, load }, node('us-east'));
    expect(place({}, paris, snapshot).nodes).toEqual(['us-east-1']);
    expect(regionsAnswer(snapshot).regions.map(({ region }) => region)).toEqual([
      'eu-west',
      'us-east',
    ]);
  });

  it('offers a second node of the region before it leaves the region', () => {
    const snapshot = mesh(
      node('eu-west', 1, { cpu: 0.5 }),
      node('eu-west', 2, { cpu: 0.1 }),
      node('eu-west', 3, { cpu: 0.3 }),
      node('us-east'),
    );
    const { nodes } = place({}, paris, snapshot);
    expect(nodes.map((nodeId) => nodeId.slice(0, 7))).toEqual(['eu-west', 'eu-west', 'us-east']);
  });

  it('counts a region as free as the freest of its nodes', () => {
    const snapshot = mesh(node('eu-west', 1, { state: 'full' }), node('eu-west', 2));
    expect(regionsAnswer(snapshot)).toEqual({
      regions: [{ region: 'eu-west', nodes: 2, state: 'available' }],
    });
  });
});

const anyLoad = fc.record({
  rooms: fc.nat(50),
  clients: fc.nat(500),
  cpu: fc.float({ min: 0, max: 1, noNaN: true }),
  state: fc.constantFrom('available', 'warning', 'full'),
});
const anyNodes = fc
  .array(fc.tuple(fc.constantFrom(...regionNames), anyLoad), { maxLength: 12 })
  .map((rows) => rows.map(([region, load], index) => node(region, index + 1, load)));
const someRegions = fc.option(fc.subarray([...regionNames], { minLength: 1 }), { nil: undefined });
const anyPin = fc
  .record({ allow: someRegions, deny: someRegions, prefer: someRegions })
  .map((pin): RegionPin => Object.fromEntries(Object.entries(pin).filter(([, set]) => set)));
const anyPlace = fc.option(
  fc.record({
    lat: fc.float({ min: -90, max: 90, noNaN: true }),
    lon: fc.float({ min: -180, max: 180, noNaN: true }),
  }),
  { nil: undefined },
);
const anyRandom = fc
  .array(fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 })
  .map((numbers) => {
    let next = 0;
    return () => numbers[next++ % numbers.length] ?? 0;
  });

describe('any placement', () => {
  it('never violates the pin, offers nobody twice, and refuses only where the pin leaves no node', () => {
    fc.assert(
      fc.property(anyNodes, anyPin, anyPlace, anyRandom, (nodes, pin, at, random) => {
        const allowed = nodes.filter(({ card }) => allows(pin, card));
        const wish = { pin, place: at };
        if (allowed.length === 0) {
          expect(codeOf(() => choose(wish, mesh(...nodes), random))).toBe('region_empty');
          return;
        }
        const { entrances } = choose(wish, mesh(...nodes), random);
        const ids = entrances.map(({ card }) => card.nodeId);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBeLessThanOrEqual(limits.joinAlternatives);
        expect(entrances.every(({ card }) => allowed.some((node) => node.card === card))).toBe(
          true,
        );
        for (const { card } of entrances) {
          expect(pin.allow?.includes(card.region) ?? true).toBe(true);
          expect(pin.deny?.includes(card.region) ?? false).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('starts with a node that has room while there is one', () => {
    fc.assert(
      fc.property(anyNodes, anyPin, anyPlace, anyRandom, (nodes, pin, at, random) => {
        const free = nodes.filter(({ card, load }) => allows(pin, card) && load.state !== 'full');
        fc.pre(free.length > 0);
        const { entrances } = choose({ pin, place: at }, mesh(...nodes), random);
        expect(entrances[0]?.load.state).not.toBe('full');
      }),
    );
  });
});

describe('the power of two choices', () => {
  it('never takes the busiest of three', () => {
    const nodes = [0.9, 0.5, 0.1].map((cpu, index) => node('eu-west', index + 1, { cpu }));
    fc.assert(
      fc.property(anyRandom, (random) => {
        expect(powerOfTwo(nodes, random)).not.toBe(nodes[0]);
      }),
    );
  });

  it('orders by state before CPU before clients', () => {
    const warning = node('eu-west', 1, { state: 'warning', cpu: 0 });
    const busy = node('eu-west', 2, { cpu: 0.9, clients: 1 });
    const crowded = node('eu-west', 3, { cpu: 0.9, clients: 2 });
    expect([crowded, warning, busy].toSorted(compareLoad)).toEqual([busy, crowded, warning]);
  });

  it('goes by consumers where CPU is about the same', () => {
    const few = node('eu-west', 1, { cpu: 0.31, consumers: 20, clients: 9 });
    const many = node('eu-west', 2, { cpu: 0.29, consumers: 300, clients: 5 });
    expect(compareLoad(few, many)).toBeLessThan(0);
  });
});

describe('the load that is predicted', () => {
  it('grows by the node’s own average, and reaches the states that the node would say', () => {
    const { load } = node('eu-west', 1, { clients: 40, cpu: 0.4 });
    expect(predicted(load, 0)).toBe(load);
    expect(predicted(load, 20)).toMatchObject({ clients: 60, state: 'available' });
    expect(predicted(load, 35)).toMatchObject({ state: 'warning' });
    expect(predicted(load, 60)).toMatchObject({ clients: 100, cpu: 1, state: 'full' });
  });

  it('never calls a node freer than it calls itself', () => {
    const { load } = node('eu-west', 1, { state: 'full' });
    expect(predicted(load, 1).state).toBe('full');
  });
});
