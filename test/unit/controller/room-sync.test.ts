import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { DirectoryKeeper } from '../../../nodes/controller/directory-keeper.ts';
import { RoomSync } from '../../../nodes/controller/room-sync.ts';
import type { DirectoryChange, RoomFacts } from '../../../protocol/directory.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { FakeEdge } from '../../fakes/fake-edge.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import type { Entry } from '../../../protocol/entry.ts';

const roomId = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const self = { nodeId: 'eu-west-1', region: 'eu-west' };

/** These conversations are with the Room object alone. */
const nobody = { share: () => undefined, unshare: () => undefined };

const change = (from: number, version: number): DirectoryChange => ({
  from,
  version,
  erizos: { put: [], removed: [] },
  streams: { put: [], removed: [] },
});

const uuid = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** All that is under way gets its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setUp(): Promise<{
  edge: FakeEdge;
  clock: VirtualClock;
  sync: RoomSync;
  told: string[];
  facts: RoomFacts;
  left: Entry[];
  entry: Entry;
}> {
  const edge = await FakeEdge.create(self);
  edge.addRoom(roomId);
  const clock = new VirtualClock();
  const told: string[] = [];
  const facts: RoomFacts = { erizos: [], streams: [] };
  const left: Entry[] = [];
  const sync = new RoomSync(
    { clock, edge, log: pino({ level: 'silent' }), members: new FakeMembers(), neighbours: nobody },
    {
      ...{ roomId, ...self },
      facts: () => facts,
      provableFacts: () => facts,
      onEntered: () => undefined,
      leavings: () => ({ clients: left, forgotten: false }),
      onRemoved: () => undefined,
      onDirectory: ({ version }) => told.push(`version ${version}`),
      onGone: ({ code }) => told.push(`gone: ${code}`),
      onLeft: () => told.push('left'),
    },
  );
  edge.listen({ linked: () => sync.linked(), roomChanged: (_id, news) => sync.changed(news) });
  return { edge, clock, sync, told, facts, left, entry: await edge.entry(roomId) };
}

describe('a directory that is kept', () => {
  it('takes changes in any order', () => {
    const keeper = new DirectoryKeeper();
    expect(keeper.take(change(2, 3))).toBe(true);
    keeper.replace({ version: 1, erizos: [], streams: [] });
    expect(keeper.hasGap).toBe(true);
    keeper.take(change(1, 2));
    expect(keeper.directory?.version).toBe(3);
    expect(keeper.hasGap).toBe(false);
  });

  it('passes over what it has, and knows what it misses', () => {
    const keeper = new DirectoryKeeper();
    keeper.replace({ version: 5, erizos: [], streams: [] });
    keeper.take(change(3, 4));
    keeper.take(change(5, 5));
    expect(keeper.hasGap).toBe(false);
    keeper.take(change(7, 8));
    expect(keeper.hasGap).toBe(true);
    expect(keeper.directory?.version).toBe(5);
    keeper.forgetEarly();
    expect(keeper.hasGap).toBe(false);
  });

  it('keeps no more changes than it says', () => {
    const keeper = new DirectoryKeeper();
    for (let index = 0; index < defaults.earlyChanges; index += 1) {
      expect(keeper.take(change(10 + index, 11 + index))).toBe(true);
    }
    expect(keeper.take(change(1, 2))).toBe(false);
  });
});

describe('the conversation with a Room object', () => {
  it('enters once for all who wait, and at once for who comes later', async () => {
    const { edge, sync, told, entry } = await setUp();
    await Promise.all([sync.enter(entry), sync.enter(entry)]);
    await sync.enter(entry);
    expect(edge.count('room.enter')).toBe(1);
    expect(told).toEqual(['version 1']);
  });

  it('has at most one call under way, and tells the newest state', async () => {
    const { edge, sync, entry } = await setUp();
    await sync.enter(entry);
    await turns();
    const release = edge.hold();
    for (let index = 0; index < 5; index += 1) {
      sync.tell();
    }
    await turns();
    expect(edge.count('room.facts')).toBe(1);
    release();
    await turns();
    expect(edge.count('room.facts')).toBe(2);
  });

  it('tells what changes all the time at once at first, and then some times a second, the newest last', async () => {
    const { edge, clock, sync, facts, entry } = await setUp();
    await sync.enter(entry);
    await turns();
    const changes = 3 * defaults.factsAtOnce;
    for (let index = 1; index <= changes; index += 1) {
      facts.erizos = [{ erizoId: uuid(index), endpoint: 'tcp://10.0.0.1:1' }];
      sync.tell();
      await turns();
    }
    expect(edge.count('room.facts')).toBe(defaults.factsAtOnce);
    clock.advance(1_000 / defaults.facts_perSecond);
    await turns();
    expect(edge.count('room.facts')).toBe(defaults.factsAtOnce + 1);
    expect(edge.directory(roomId).erizos).toMatchObject([{ erizoId: uuid(changes) }]);
    clock.advance(60_000);
    await turns();
    expect(edge.count('room.facts')).toBe(defaults.factsAtOnce + 1);
  });

  it('leaves with the names of those who left for good and were not told so', async () => {
    const { edge, sync, told, left, entry } = await setUp();
    await sync.enter(entry);
    edge.goAway();
    sync.leave();
    const clientId = crypto.randomUUID();
    left.push(await edge.entry(roomId, { clientId }));
    edge.comeBack();
    await turns();
    expect(told.at(-1)).toBe('left');
    expect(edge.left(roomId)).toEqual([clientId]);
  });

  it('enters again with all facts when the edge is back, and tells nothing in between', async () => {
    const { edge, sync, entry } = await setUp();
    await sync.enter(entry);
    edge.goAway();
    sync.tell();
    await turns();
    edge.comeBack();
    await turns();
    expect(edge.calls.map(({ method }) => method)).toEqual(['room.enter', 'room.enter']);
  });

  it('tries again by itself where the Room object cannot now', async () => {
    const { edge, clock, sync, told, entry } = await setUp();
    await sync.enter(entry);
    edge.call = () => Promise.reject(new RizomaError('overloaded', 'not now'));
    sync.tell();
    await turns();
    Reflect.deleteProperty(edge, 'call');
    expect(edge.count('room.facts')).toBe(0);
    clock.advance(defaults.edgeRetry_ms);
    await turns();
    expect(edge.count('room.facts')).toBe(1);
    expect(told).toEqual(['version 1', 'version 2']);
    expect(clock.pending).toBe(0);
  });

  it('tries less and less often what is refused for good, and at once where the facts have changed', async () => {
    const { edge, clock, sync, entry } = await setUp();
    await sync.enter(entry);
    await turns();
    const calls: string[] = [];
    const call = edge.call.bind(edge);
    edge.call = (method) => {
      calls.push(method);
      return Promise.reject(new RizomaError('bad_request', 'such facts are none'));
    };
    const after = async (wait_ms: number): Promise<number> => {
      calls.length = 0;
      clock.advance(wait_ms);
      await turns();
      return calls.length;
    };
    sync.tell();
    await turns();
    const { edgeRetry_ms, edgeRetryMost_ms } = defaults;
    expect([
      await after(edgeRetry_ms),
      await after(edgeRetry_ms),
      await after(edgeRetry_ms),
    ]).toEqual([1, 0, 1]);
    for (let wait_ms = edgeRetry_ms * 4; wait_ms < edgeRetryMost_ms; wait_ms *= 2) {
      expect([await after(wait_ms - 1), await after(1)]).toEqual([0, 1]);
    }
    expect([await after(edgeRetryMost_ms - 1), await after(1)]).toEqual([0, 1]);
    edge.call = call;
    sync.tell();
    await turns();
    expect(edge.count('room.facts')).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('enters anew where its facts are refused because it is no holder any more', async () => {
    const { edge, sync, told, entry } = await setUp();
    await sync.enter(entry);
    await turns();
    const call = edge.call.bind(edge);
    edge.call = (method, params) =>
      method === 'room.facts'
        ? Promise.reject(new RizomaError('not_found', 'enter it first'))
        : call(method, params);
    sync.tell();
    await turns();
    expect(edge.count('room.enter')).toBe(2);
    expect(told).toEqual(['version 1', 'version 2']);
  });

  it('refuses who waits when the room does not exist, and is over', async () => {
    const { edge, sync, told, entry } = await setUp();
    edge.forgetRoom(roomId);
    await expect(sync.enter(entry)).rejects.toMatchObject({ code: 'not_found' });
    expect(told).toEqual(['gone: not_found']);
    sync.tell();
    await turns();
    expect(edge.count('room.facts')).toBe(0);
  });

  it('refuses who waits while the edge is away, and is over when they have gone', async () => {
    const { edge, sync, told, entry } = await setUp();
    edge.goAway();
    await expect(sync.enter(entry)).rejects.toMatchObject({ code: 'unavailable' });
    sync.leave();
    expect(told).toEqual(['left']);
  });

  it('leaves, and stays when somebody comes while it is leaving', async () => {
    const { edge, sync, told, entry } = await setUp();
    await sync.enter(entry);
    await turns();
    const release = edge.hold();
    sync.leave();
    const entering = sync.enter(entry);
    release();
    await entering;
    expect(edge.calls.map(({ method }) => method)).toEqual([
      'room.enter',
      'room.leave',
      'room.enter',
    ]);
    expect(told).not.toContain('left');
    sync.leave();
    await turns();
    expect(told.at(-1)).toBe('left');
  });

  it('asks for the whole once where a change was missed', async () => {
    const { edge, sync, told, entry } = await setUp();
    await sync.enter(entry);
    sync.changed(change(7, 8));
    await turns();
    expect(edge.count('room.enter')).toBe(2);
    expect(told).toEqual(['version 1', 'version 2']);
  });

  it('takes a push that overtook the answer before it', async () => {
    const { edge, sync, told, entry } = await setUp();
    const release = edge.hold();
    const entering = sync.enter(entry);
    edge.otherNode(roomId, { nodeId: 'us-east-1', region: 'us-east' }, { erizos: [], streams: [] });
    release();
    await entering;
    await turns();
    expect(told.at(-1)).toBe('version 2');
    expect(edge.count('room.enter')).toBe(1);
  });
});
