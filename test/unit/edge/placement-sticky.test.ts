import { describe, expect, it } from 'vitest';
import { policies } from '../../../edge/placement/policies.ts';
import type { Circumstances, Wish } from '../../../edge/placement/scene.ts';
import type { MeshSnapshot } from '../../../edge/placement/snapshot.ts';
import { chooseIn, mesh, node, nodeAt, osaka, paris } from './placement-kit.ts';

const dublin = [
  node('eu-west', 1, { cpu: 0.1 }),
  node('eu-west', 2, { cpu: 0.6 }),
  node('eu-west', 3, { cpu: 0.1 }),
];
const world = mesh(...dublin, node('us-east'), node('ap-northeast'));

function first(
  snapshot: MeshSnapshot,
  wish: Partial<Wish>,
  more: Partial<Circumstances> = {},
): string {
  const { rule, entrances } = chooseIn(snapshot, policies.nearest, wish, more);
  return `${rule}: ${entrances[0]?.card.nodeId}`;
}

describe('a room’s participants of one place', () => {
  it('share the node that holds the room, though others are less busy', () => {
    expect(first(world, { place: paris, holders: ['eu-west-2'] })).toBe('sticky: eu-west-2');
  });

  it('go to the first of several that hold the room', () => {
    const holders = ['us-east-1', 'eu-west-2', 'eu-west-1'];
    expect(first(world, { place: paris, holders })).toBe('sticky: eu-west-2');
  });

  it('go to another node of the region when that one is full', () => {
    const full = mesh(node('eu-west', 1), node('eu-west', 2, { state: 'full' }), node('us-east'));
    const { rule, entrances, passedOver } = chooseIn(full, policies.nearest, {
      place: paris,
      holders: ['eu-west-2'],
    });
    expect([rule, entrances[0]?.card.nodeId]).toEqual(['nearest', 'eu-west-1']);
    expect(passedOver.at(-1)).toEqual({
      rule: 'sticky',
      why: '1 controllers hold the room within 5 ms of the nearest region, none has room',
    });
  });

  it('are not drawn to a node of another place', () => {
    expect(first(world, { place: osaka, holders: ['eu-west-2'] })).toBe('nearest: ap-northeast-1');
  });

  it('share a node of a region that is hardly further', () => {
    const near = { region: 'eu-north', place: { lat: 54.6, lon: -5.93 } };
    const snapshot = { regions: ['eu-north', 'eu-west'], nodes: [...dublin, nodeAt(near)] };
    expect(first(snapshot, { place: near.place, holders: ['eu-west-2'] })).toBe(
      'sticky: eu-west-2',
    );
    expect(first(snapshot, { place: near.place })).toBe('nearest: eu-north-1');
  });

  it('go to a node of the room wherever it is when nobody knows where they are', () => {
    expect(first(world, { holders: ['us-east-1'] })).toBe('sticky: us-east-1');
  });

  it('stay within the pin', () => {
    const wish = { pin: { deny: ['eu-west'] }, place: paris, holders: ['eu-west-2'] };
    expect(first(world, wish)).toBe('nearest: us-east-1');
  });

  it('share a node also where the pin or a full region sent them', () => {
    const two = [node('us-east', 1), node('us-east', 2, { cpu: 0.6 })];
    const pinned = { pin: { allow: ['us-east'] }, place: paris, holders: ['us-east-2'] };
    expect(first(mesh(...two), pinned)).toBe('pinned: us-east-2');
    const spilled = mesh(node('eu-west', 1, { state: 'full' }), ...two);
    expect(first(spilled, { place: paris, holders: ['us-east-2'] })).toBe('spill: us-east-2');
  });

  it('share the node that the first of them are still on the way to', () => {
    const onTheWay = new Map([['eu-west-2', 3]]);
    expect(first(world, { place: paris }, { onTheWay })).toBe('sticky: eu-west-2');
  });

  it('do not all go to one node when more are on the way than it can take', () => {
    const onTheWay = new Map([['eu-west-2', 31]]);
    expect(first(world, { place: paris }, { onTheWay })).toMatch(/nearest: eu-west-[13]/);
  });
});

describe('the nearest region', () => {
  const lisbon = { region: 'lisbon', place: { lat: 38.7, lon: -9.1 } };
  const fortaleza = { region: 'fortaleza', place: { lat: -3.7, lon: -38.5 } };
  const dakar = { region: 'dakar', place: { lat: 14.7, lon: -17.4 } };
  const regions = ['lisbon', 'fortaleza', 'dakar'];
  const pin = { deny: ['dakar'] };
  const at = { place: { lat: 14.8, lon: -17.2 }, pin };

  it('is the one of the shorter measured way, though it is further', () => {
    const rtts_ms = { lisbon: 140, fortaleza: 45 };
    const measured = [nodeAt(lisbon), nodeAt(fortaleza), nodeAt(dakar, { rtts_ms })];
    expect(first({ regions, nodes: measured }, at)).toBe('nearest: fortaleza-1');
  });

  it('is known by what the other side measured, too', () => {
    const measured = [
      nodeAt(lisbon, { rtts_ms: { dakar: 140 } }),
      nodeAt(fortaleza, { rtts_ms: { dakar: 45 } }),
      nodeAt(dakar, { rtts_ms: { elsewhere: 1 } }),
    ];
    expect(first({ regions, nodes: measured }, at)).toBe('nearest: fortaleza-1');
  });

  it('goes by distance where nothing was measured, or by nobody near', () => {
    const nodes = [nodeAt(lisbon), nodeAt(fortaleza), nodeAt(dakar)];
    expect(first({ regions, nodes }, at)).toBe('nearest: lisbon-1');
    const rtts_ms = { lisbon: 140, fortaleza: 45 };
    const measured = [nodeAt(lisbon), nodeAt(fortaleza), nodeAt(dakar, { rtts_ms })];
    const casablanca = { lat: 33.6, lon: -7.6 };
    expect(first({ regions, nodes: measured }, { pin, place: casablanca })).toBe(
      'nearest: lisbon-1',
    );
  });
});

describe('a policy', () => {
  const busyAtHome = mesh(
    node('eu-west', 1, { cpu: 0.6 }),
    node('us-east', 1, { cpu: 0.3 }),
    node('ap-northeast', 1, { cpu: 0.1 }),
  );
  const by = (name: keyof typeof policies, wish: Partial<Wish>): string => {
    const { rule, entrances } = chooseIn(busyAtHome, policies[name], wish);
    return `${rule}: ${entrances[0]?.card.nodeId}`;
  };

  it('least_loaded takes the least busy node, however far it is and whoever holds the room', () => {
    expect(by('least_loaded', { place: paris, holders: ['eu-west-1'] })).toBe(
      'least_loaded: ap-northeast-1',
    );
  });

  it('first_joiner keeps a room where it began, and begins it near the first', () => {
    expect(by('first_joiner', { place: osaka, holders: ['us-east-1', 'eu-west-1'] })).toBe(
      'first_joiner: us-east-1',
    );
    expect(by('first_joiner', { place: paris })).toBe('nearest: eu-west-1');
  });

  it('leads nobody out of the pin', () => {
    for (const name of ['nearest', 'least_loaded', 'first_joiner'] as const) {
      const pin = { allow: ['eu-west'] };
      expect(by(name, { pin, place: osaka, holders: ['us-east-1'] })).toBe('pinned: eu-west-1');
    }
  });
});
