import { describe, expect, it } from 'vitest';
import { RegionTrees } from '../../../nodes/controller/region-trees.ts';
import type { RegionRoute, RoomErizo } from '../../../protocol/directory.ts';
import type { SaidLoad } from '../../../protocol/said-card.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { cardOf } from '../mesh/simulated-mesh.ts';

const regions = ['a', 'b', 'c', 'd'];
const erizos = regions.map((region): RoomErizo => ({
  ...{ erizoId: `erizo-${region}`, nodeId: `node-${region}`, region, since: 1 },
  endpoint: 'tcp://192.0.2.1:1',
}));
/** All at one place, so that by distance nobody relays; by measurement `b` is between the others. */
const said = (state: SaidLoad['state'] = 'available'): Record<string, SaidLoad> => ({
  'node-a': { state: 'available', rtts_ms: { b: 10, c: 100, d: 100 } },
  'node-b': { state, rtts_ms: { a: 10, c: 10, d: 10 } },
  'node-c': { state: 'available', rtts_ms: { d: 100 } },
  'node-d': { state: 'available' },
});

function setUp({ without = '' } = {}) {
  const members = new FakeMembers();
  const cards = regions.map((region) => ({ ...cardOf(`node-${region}`, 0).card, region }));
  members.set(cards.filter(({ nodeId }) => nodeId !== without));
  const edge = { linked: false };
  const trees = new RegionTrees({ edge, members });
  const parents = (routes?: RegionRoute[]) =>
    Object.fromEntries(trees.treeOf('a', { routes, erizos }));
  return { members, edge, trees, parents };
}

describe('the trees of regions that controllers go by', () => {
  it('are those of the Room object while the edge is there', () => {
    const { members, edge, parents } = setUp();
    members.say(said());
    edge.linked = true;
    const made = { b: 'a', c: 'a', d: 'c' };
    expect(parents([{ origin: 'a', parents: made }])).toEqual(made);
  });

  it('are made of what nodes say in the mesh where there are none, and of distances where they say nothing', () => {
    const { members, parents } = setUp();
    expect(parents()).toEqual({ b: 'a', c: 'a', d: 'a' });
    members.say(said());
    expect(parents()).toEqual({ b: 'a', c: 'b', d: 'b' });
  });

  it('give a region that came while the edge is away its place in the tree that was before', () => {
    const { members, parents } = setUp();
    const small = said();
    small['node-a'] = { state: 'available', rtts_ms: { b: 10, c: 21, d: 100 } };
    members.say(small);
    expect(parents([{ origin: 'a', parents: { b: 'a', c: 'b' } }])).toEqual({
      ...{ b: 'a', d: 'b' },
      // From nothing it would be direct: a relay gains 1 ms.
      c: 'b',
    });
  });

  it('are the same for all that have heard the same, whatever they heard before', () => {
    const [early, late] = [setUp(), setUp()];
    early.members.say(said('full'));
    expect(early.parents()).toEqual({ b: 'a', c: 'a', d: 'a' });
    for (const { members } of [early, late]) {
      members.say(said());
    }
    expect(early.parents()).toEqual(late.parents());
  });

  it('lead over no region that says it is full, and over none whose nodes are lost', () => {
    const full = setUp();
    full.members.say(said('full'));
    expect(full.parents()).toEqual({ b: 'a', c: 'a', d: 'a' });
    const lost = setUp({ without: 'node-b' });
    const { 'node-b': _lost, ...others } = said();
    lost.members.say(others);
    expect(lost.parents()).toEqual({ b: 'a', c: 'a', d: 'a' });
  });

  it('are made once of the same', () => {
    const { members, trees } = setUp();
    members.say(said());
    const ask = () => trees.treeOf('a', { routes: undefined, erizos: [...erizos] });
    expect(ask()).toBe(ask());
  });
});
