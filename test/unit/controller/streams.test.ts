import { describe, expect, it } from 'vitest';
import { RegionTrees } from '../../../nodes/controller/region-trees.ts';
import { hasMedia, publicStream, Streams } from '../../../nodes/controller/streams.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import type { Directory, RoomErizo, RoomStream, StreamFact } from '../../../protocol/directory.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { cardOf } from '../mesh/simulated-mesh.ts';

const here = { nodeId: 'eu-west-1', region: 'eu-west' };
const sibling = { nodeId: 'eu-west-2', region: 'eu-west' };
const far = { nodeId: 'us-east-1', region: 'us-east' };
const media = {
  audio: true,
  video: false,
  data: false,
  screen: false,
  label: 'camera',
  attributes: { name: 'ann' },
};

const fact = (streamId: string, erizoId = 'mine'): StreamFact => ({
  streamId,
  clientId: 'client',
  erizoId,
  userName: 'ann',
  media,
});
const stream = (streamId: string, owner: typeof here, since = 1, erizoId = 'far'): RoomStream => ({
  ...fact(streamId, erizoId),
  ...owner,
  since,
});
const erizo = (erizoId: string, owner: typeof here, since = 1): RoomErizo => ({
  erizoId,
  endpoint: `tcp://${erizoId}:1`,
  ...owner,
  since,
});
const directory = (version: number, rows: Partial<Directory>): Directory => ({
  version,
  erizos: [],
  streams: [],
  ...rows,
});

function treesOf(cards: NodeCard[]): RegionTrees {
  const members = new FakeMembers();
  members.set(cards);
  return new RegionTrees({ edge: { linked: true }, members });
}

describe('the streams of a room', () => {
  const nothing = { added: [], changed: [], adapted: [], removed: [], moved: [], taken: [] };

  it('are changed where what is said of them, or who holds them, is another', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.learn(directory(1, { streams: ['1', '2', '3'].map((id) => stream(id, far)) }));
    const named = { ...stream('1', far), media: { ...media, attributes: { name: 'bob' } } };
    const moved = stream('2', sibling);
    const { changed } = streams.learn(directory(2, { streams: [named, moved, stream('3', far)] }));
    expect(changed).toEqual([named, moved]);
    streams.add(fact('4'));
    streams.update('4', { name: 'cleo' });
    expect(streams.get('4')?.media.attributes).toEqual({ name: 'cleo' });
    expect(streams.facts([]).streams[0]?.media.attributes).toEqual({ name: 'cleo' });
  });

  it('are adapted where their publishers want their subscribers to get something else', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const adaptation = { scheme: 'notify', minVideo_kbps: 200 } as const;
    const [one, two, three] = [stream('1', far), stream('2', far), stream('3', far)] as const;
    streams.learn(directory(1, { streams: [one, { ...two, adaptation }, three] }));
    const other = { ...one, adaptation };
    const news = streams.learn(directory(2, { streams: [other, two, three] }));
    expect(news.adapted).toEqual([other, two]);
    expect(news.changed).toEqual([]);
    streams.add(fact('4'));
    streams.adapt('4', adaptation);
    expect(streams.facts([]).streams[0]?.adaptation).toEqual(adaptation);
    streams.adapt('4', undefined);
    expect(streams.facts([]).streams[0]).toEqual(fact('4'));
  });

  it('are new once, and gone once', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const both = [stream('1', far), stream('2', far)];
    expect(streams.learn(directory(1, { streams: both }))).toEqual({
      added: both,
      changed: [],
      removed: [],
      moved: [],
      adapted: [],
      taken: [],
    });
    expect(streams.learn(directory(2, { streams: both }))).toEqual(nothing);
    const later = [stream('2', far), stream('3', far)];
    const { added, removed } = streams.learn(directory(3, { streams: later }));
    expect(added.map(({ streamId }) => streamId)).toEqual(['3']);
    expect(removed).toEqual(['1']);
    expect(streams.size).toBe(2);
  });

  it('of this node are known before the directory, and are no news when they come in it', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.learn(directory(4, {}));
    expect(streams.add(fact('1')).since).toBe(5);
    const numbered = stream('1', here, 9, 'mine');
    expect(streams.learn(directory(9, { streams: [numbered] }))).toEqual(nothing);
    expect(streams.get('1')).toEqual(numbered);
    expect(streams.remove('1')).toBe(true);
    expect(streams.remove('1')).toBe(false);
    expect(streams.learn(directory(10, {}))).toEqual(nothing);
  });

  it('go to another node with their client, and come back with it, without being removed and added', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.add({ ...fact('1'), enteredAt_ms: 100 });
    const elsewhere = { ...stream('1', far, 2), enteredAt_ms: 200 };
    expect(streams.learn(directory(2, { streams: [elsewhere] }))).toEqual({
      ...nothing,
      moved: ['1'],
      adapted: [],
      taken: ['1'],
    });
    expect(streams.remove('1')).toBe(false);
    expect(streams.get('1')).toEqual(elsewhere);
    streams.add({ ...fact('1'), enteredAt_ms: 300 });
    expect(streams.learn(directory(3, { streams: [elsewhere] }))).toEqual(nothing);
    expect(streams.all()).toHaveLength(1);
    expect(streams.isOwn('1')).toBe(true);
  });

  it('stay here while nobody but another node says that they have gone there', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.add({ ...fact('1'), enteredAt_ms: 100 });
    const claimed = { ...stream('1', far, 2), enteredAt_ms: Number.MAX_SAFE_INTEGER };
    const told = directory(2, { streams: [claimed] });
    expect(streams.learn(told, directory(2, {}))).toEqual(nothing);
    expect(streams.isOwn('1')).toBe(true);
  });

  it('move when they come from another process', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.learn(directory(1, { streams: [stream('1', far), stream('2', far)] }));
    const rows = [stream('1', sibling, 1, 'other'), stream('2', far)];
    expect(streams.learn(directory(2, { streams: rows }))).toMatchObject({
      added: [],
      removed: [],
      moved: ['1'],
    });
  });

  it('of an earlier run of this node are not there', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const { added } = streams.learn(directory(1, { streams: [stream('1', here)] }));
    expect(added).toEqual([]);
    expect(streams.get('1')).toBeUndefined();
    expect(streams.all()).toEqual([]);
  });

  it('look to clients as Licode shows them, and say where they come from', () => {
    const shown = publicStream(stream('1', far));
    expect(shown).toEqual({ id: '1', region: 'us-east', ...media, label: '1' });
    expect(hasMedia(media)).toBe(true);
    expect(hasMedia({ ...media, audio: false, data: true })).toBe(false);
  });
});

describe('the way to a stream', () => {
  const origin = stream('1', far, 2);

  it('leads through the gateway that the region had before', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const erizos = [erizo('far', far), erizo('elder', sibling, 1)];
    streams.learn(directory(5, { streams: [origin], erizos }));
    const route = streams.route(origin, 'mine', [{ erizoId: 'mine', endpoint: 'tcp://mine:1' }]);
    expect(route.map(({ erizoId }) => erizoId)).toEqual(['elder', 'far']);
  });

  it('counts processes that have no number yet after all that have one, in their order', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.learn(directory(5, { streams: [origin], erizos: [erizo('far', far)] }));
    const own = ['first', 'second'].map((erizoId) => ({ erizoId, endpoint: `tcp://${erizoId}:1` }));
    expect(streams.route(origin, 'first', own).map((hop) => hop.erizoId)).toEqual(['far']);
    expect(streams.route(origin, 'second', own).map((hop) => hop.erizoId)).toEqual([
      'first',
      'far',
    ]);
  });

  it('does not lead through a process of this node that it uses no more', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const erizos = [erizo('far', far), erizo('dead', here, 1)];
    streams.learn(directory(5, { streams: [origin], erizos }));
    const route = streams.route(origin, 'mine', [{ erizoId: 'mine', endpoint: 'tcp://mine:1' }]);
    expect(route.map(({ erizoId }) => erizoId)).toEqual(['far']);
  });

  it('is not found where its origin is lost', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    streams.learn(directory(5, { streams: [origin] }));
    const own = [{ erizoId: 'mine', endpoint: 'tcp://mine:1' }];
    expect(() => streams.route(origin, 'mine', own)).toThrow(/no way/);
  });

  it('come through the regions that the Room object names, else directly where nobody is far', () => {
    const streams = new Streams({ trees: treesOf([]) }, here);
    const relay = { nodeId: 'eu-north-1', region: 'eu-north' };
    const erizos = [erizo('far', far), erizo('relay', relay), erizo('mine', here)];
    const rows = { erizos, streams: [stream('1', far, 2)] };
    const { since: _number, nodeId: _node, region: _region, ...mine } = erizo('mine', here);
    const hops = (): string[] =>
      streams.route(stream('1', far, 2), 'mine', [mine]).map(({ erizoId }) => erizoId);
    streams.learn(directory(3, rows));
    expect(hops()).toEqual(['far']);
    const parents = { 'eu-west': 'eu-north', 'eu-north': 'us-east' };
    streams.learn(directory(4, { ...rows, routes: [{ origin: 'us-east', parents }] }));
    expect(hops()).toEqual(['relay', 'far']);
  });

  it('come through relays by distance, where more regions pull than one may give to', () => {
    const origin = { nodeId: 'origin', region: 'origin' };
    const nodes = Array.from({ length: 12 }, (_, at) => ({ nodeId: `n${at}`, region: `r${at}` }));
    const members = [origin, ...nodes].map(({ nodeId, region }) => {
      const lon = nodeId === 'origin' ? 0 : 5 * Number(nodeId.slice(1)) + 5;
      return { ...cardOf(nodeId, 0).card, region, place: { lat: 0, lon } };
    });
    const erizos = [origin, ...nodes].map((owner) => erizo(`at-${owner.nodeId}`, owner));
    const published = stream('1', origin, 2, 'at-origin');
    const lengths = nodes.map((node) => {
      const streams = new Streams({ trees: treesOf(members) }, node);
      streams.learn(directory(3, { erizos, streams: [published] }));
      const own = erizo(`at-${node.nodeId}`, node);
      const { since: _number, nodeId: _node, region: _region, ...mine } = own;
      return streams.route(published, own.erizoId, [mine]).length;
    });
    expect(lengths.filter((length) => length === 1)).toHaveLength(8);
    expect(Math.max(...lengths)).toBe(2);
  });
});
