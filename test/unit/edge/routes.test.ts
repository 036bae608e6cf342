import { describe, expect, it } from 'vitest';
import { regionMapOf } from '../../../edge/placement/region-map.ts';
import type { DirectoryEvent, DirectoryState } from '../../../edge/room/directory.ts';
import { directoryStep, emptyDirectoryState } from '../../../edge/room/directory.ts';
import { routesKey } from '../../../edge/room/routes.ts';
import type { RoomErizo, RoomFacts } from '../../../protocol/directory.ts';
import type { RegionMap } from '../../../protocol/region-tree.ts';
import { mesh, node } from './placement-kit.ts';

const uuid = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const media = { audio: true, video: true, data: false, screen: false, label: 'x', attributes: {} };

/** A process, and streams that are published in it. */
function facts(erizo: number, ...streams: number[]): RoomFacts {
  return {
    erizos: [{ erizoId: uuid(erizo), endpoint: `tcp://10.0.0.1:${4000 + erizo}` }],
    streams: streams.map((stream) => ({
      streamId: `1${String(stream).padStart(17, '0')}`,
      clientId: uuid(900 + stream),
      erizoId: uuid(erizo),
      userName: 'ann',
      media,
    })),
  };
}
const enter = (region: string, said: RoomFacts): DirectoryEvent => ({
  type: 'enter',
  holder: { nodeId: `${region}-1`, lease: 1, region, facts: said },
});
const say = (region: string, said: RoomFacts): DirectoryEvent => ({
  type: 'facts',
  nodeId: `${region}-1`,
  lease: 1,
  facts: said,
});
const lost = (region: string): DirectoryEvent => ({
  type: 'lost',
  nodeId: `${region}-1`,
  lease: 1,
});

/** Three regions, of which the second is on the way from the first to the third. */
const ways = (detour_ms = 100, regions = ['a', 'b', 'c']): DirectoryEvent => {
  const map: RegionMap = {
    regions,
    rtt_ms: (x, y) => (x === 'b' || y === 'b' ? detour_ms / 2 : 200),
    stateOf: () => 'available',
  };
  return { type: 'ways', map };
};

function after(...events: DirectoryEvent[]): DirectoryState {
  return events.reduce((state, event) => directoryStep(state, event).state, emptyDirectoryState);
}
const three = [enter('a', facts(1, 7)), enter('b', facts(2)), enter('c', facts(3))];
const throughB = [{ origin: 'a', parents: { b: 'a', c: 'b' } }];

describe('the routes of a room', () => {
  it('are told to all controllers, as a version of the directory', () => {
    const before = after(...three);
    expect(before.directory.routes).toBeUndefined();
    const { change, effects, state } = directoryStep(before, ways());
    expect(change).toMatchObject({ from: 3, version: 4, routes: throughB });
    expect(effects).toEqual([{ type: 'push', to: ['a-1', 'b-1', 'c-1'], change }]);
    expect(state.directory.routes).toEqual(throughB);
  });

  it('make no version where they stay as they were, nor for a gain that is too small', () => {
    const state = after(...three, ways());
    expect(directoryStep(state, ways()).effects).toEqual([]);
    expect(directoryStep(state, ways(195)).change).toMatchObject({ from: 4, version: 4 });
    expect(directoryStep(state, ways(205)).change.routes).toEqual([
      { origin: 'a', parents: { b: 'a', c: 'a' } },
    ]);
  });

  it('stay when others publish there, and go with the last stream', () => {
    const state = after(...three, ways());
    const more = directoryStep(state, say('a', facts(1, 7, 8)));
    expect(more.change.routes).toBeUndefined();
    expect(more.state.directory.routes).toEqual(throughB);
    const silent = directoryStep(more.state, say('a', facts(1)));
    expect(silent.change.routes).toEqual([]);
    expect(silent.state.directory.routes).toEqual([]);
  });

  it('go when there is nobody left who could relay', () => {
    const state = after(...three, ways(), lost('b'));
    expect(state.directory.routes).toEqual([]);
  });

  it('are made for each region in which somebody publishes', () => {
    const state = after(...three, say('c', facts(3, 9)), ways());
    expect(state.directory.routes).toEqual([
      ...throughB,
      { origin: 'c', parents: { a: 'b', b: 'c' } },
    ]);
  });

  it('lead through no region that the pin forbids, and not to it', () => {
    const state = after(...three, ways(100, ['a', 'c']));
    expect(state.directory.routes).toEqual([{ origin: 'a', parents: { c: 'a' } }]);
  });

  it('are wanted where three regions have processes and somebody publishes media', () => {
    expect(routesKey(after(...three).directory)).toBe('a,b,c from a');
    expect(routesKey(after(...three.slice(0, 2)).directory)).toBeUndefined();
    expect(routesKey(after(...three, say('a', facts(1))).directory)).toBeUndefined();
  });
});

describe('the map of regions', () => {
  const regions = ['ap-northeast', 'eu-west', 'us-east'] as const;
  const erizos = regions.map((region, at): RoomErizo => ({
    erizoId: uuid(at),
    nodeId: `${region}-1`,
    region,
    endpoint: 'tcp://10.0.0.1:4000',
    since: 1,
  }));

  it('has the regions of the room that its pin allows', () => {
    const snapshot = mesh(...regions.map((region) => node(region)));
    const all = regionMapOf(snapshot, { pin: {}, erizos });
    expect(all.regions).toEqual(regions);
    const some = regionMapOf(snapshot, { pin: { deny: ['us-east'] }, erizos: erizos.slice(1) });
    expect(some.regions).toEqual(['eu-west']);
    const lawful = regionMapOf(snapshot, { pin: { jurisdiction: 'eu' }, erizos });
    expect(lawful.regions).toEqual([]);
  });

  it('has the ways as they were measured by either side, and by distance where nobody did', () => {
    const rtts_ms = { 'us-east': 70 };
    const map = regionMapOf(
      mesh(node('eu-west', 1, { rtts_ms }), node('us-east', 1), node('ap-northeast')),
      { pin: {}, erizos },
    );
    expect(map.rtt_ms('us-east', 'eu-west')).toBe(70);
    expect(map.rtt_ms('eu-west', 'ap-northeast')).toBeGreaterThan(150);
    expect(map.rtt_ms('eu-west', 'nowhere')).toBeGreaterThan(300);
  });

  it('goes by the load of the nodes that hold the room, and lets nobody relay of whom nothing is known', () => {
    const map = regionMapOf(
      mesh(node('eu-west', 1, { state: 'full' }), node('eu-west', 2), node('us-east')),
      { pin: {}, erizos },
    );
    expect(regions.map((region) => map.stateOf(region))).toEqual(['full', 'full', 'available']);
  });
});
