import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { PresenceBatches } from '../../../nodes/controller/presence-batches.ts';
import { RoomPresence } from '../../../nodes/controller/room-presence.ts';
import type { RoomUser } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeEdge } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

const roomId = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const somebody = (name = 'ann'): RoomUser => ({ clientId: newUuid(), name, role: 'viewer' });

/** All that is under way gets its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setUp(): Promise<{
  edge: FakeEdge;
  presence: RoomPresence;
  users: RoomUser[];
  holders: { lost: number };
  told: () => number;
  ids: () => string[];
  pass: (time_ms?: number) => Promise<void>;
}> {
  const edge = await FakeEdge.create({ nodeId: 'eu-west-1', region: 'eu-west' });
  edge.addRoom(roomId);
  const clock = new VirtualClock();
  const users: RoomUser[] = [];
  const holders = { lost: 0 };
  const presence = new RoomPresence(
    { clock, edge, log: pino({ level: 'silent' }) },
    { roomId, users: () => users, onNoHolder: () => (holders.lost += 1) },
  );
  return {
    edge,
    presence,
    users,
    holders,
    told: () => edge.count('room.presence'),
    ids: () => users.map(({ clientId }) => clientId).toSorted(),
    pass: async (time_ms = limits.presence_ms) => {
      await turns();
      clock.advance(time_ms);
      await turns();
    },
  };
}

describe('who is in a room at a controller', () => {
  it('is told at once when the first one comes, and then once a second at most', async () => {
    const { edge, presence, users, told, ids, pass } = await setUp();
    presence.entered();
    await turns();
    expect(told()).toBe(0);
    const join = (): void => {
      users.push(somebody());
      presence.changed();
    };
    join();
    await turns();
    expect(edge.present(roomId)).toEqual(ids());
    for (let count = 0; count < 2_000; count += 1) {
      join();
    }
    await pass(limits.presence_ms - 1);
    expect(told()).toBe(1);
    await pass(1);
    expect(told()).toBe(2);
    expect(edge.present(roomId).toSorted()).toEqual(ids());
    users.splice(0, 1_500);
    presence.changed();
    await pass();
    expect(told()).toBe(3);
    expect(edge.present(roomId).toSorted()).toEqual(ids());
    await pass();
    expect(told()).toBe(3);
  });

  it('is told by one message at a time, and whoever came and went meanwhile is not told', async () => {
    const { edge, presence, users, told, pass } = await setUp();
    presence.entered();
    const release = edge.hold();
    users.push(somebody());
    presence.changed();
    await pass();
    users.push(somebody());
    presence.changed();
    users.pop();
    presence.changed();
    await pass();
    expect(told()).toBe(1);
    release();
    await pass();
    expect(told()).toBe(1);
  });

  it('is told anew as a whole after an entry, without those who went while the edge was away', async () => {
    const { edge, presence, users, ids, pass } = await setUp();
    presence.entered();
    users.push(somebody(), somebody());
    presence.changed();
    await pass();
    edge.goAway();
    users.shift();
    users.push(somebody());
    presence.changed();
    await pass();
    expect(edge.present(roomId)).toHaveLength(2);
    edge.comeBack();
    presence.entered();
    await pass();
    expect(edge.present(roomId).toSorted()).toEqual(ids());
    users.splice(0);
    edge.goAway();
    edge.comeBack();
    presence.entered();
    await pass();
    expect(edge.present(roomId)).toEqual([]);
  });

  it('is told anew where the edge has lost a message, and after a call that was not answered', async () => {
    const { edge, presence, users, ids, pass } = await setUp();
    presence.entered();
    users.push(somebody(), somebody());
    presence.changed();
    await pass();
    edge.forgetPresence(roomId);
    users.push(somebody());
    presence.changed();
    await pass();
    await pass();
    expect(edge.present(roomId).toSorted()).toEqual(ids());
  });

  it('is kept to itself while the room is not held, and where the edge says so it is entered anew', async () => {
    const { edge, presence, users, holders, told, pass } = await setUp();
    users.push(somebody());
    presence.changed();
    await pass();
    expect(told()).toBe(0);
    presence.entered();
    await pass();
    edge.forgetRoom(roomId);
    users.push(somebody());
    presence.changed();
    await pass();
    expect(holders.lost).toBe(1);
    presence.changed();
    await pass();
    expect(told()).toBe(2);
  });
});

describe('who left a room for good', () => {
  it('is told with who went, though nobody was told that the client had come', async () => {
    const { edge, presence, users, pass } = await setUp();
    presence.entered();
    users.push(somebody());
    presence.changed();
    await pass();
    const passer = newUuid();
    presence.gone(unprovenEntry(passer, 1_000));
    presence.changed();
    await pass();
    expect(edge.left(roomId)).toEqual([passer]);
    expect(presence.untold).toBeUndefined();
  });

  it('is told again where the edge did not hear it, and is left to be told with the room', async () => {
    const { edge, presence, users, pass } = await setUp();
    presence.entered();
    users.push(somebody());
    presence.changed();
    await pass();
    edge.failNext.push('timeout');
    const [first, last] = [newUuid(), newUuid()];
    presence.gone(unprovenEntry(first, 1_000));
    presence.changed();
    await turns();
    expect(edge.left(roomId)).toEqual([]);
    await pass();
    expect(edge.left(roomId)).toEqual([first]);
    presence.gone(unprovenEntry(last, 2_000));
    expect(presence.untold?.clients).toEqual([unprovenEntry(last, 2_000)]);
  });

  it('is told in several messages that each fit a frame, and beyond the limit that some were forgotten', () => {
    const batches = new PresenceBatches();
    const users = Array.from({ length: 5_000 }, () => somebody('\u0001'.repeat(limits.name_chars)));
    for (const { clientId } of users.slice(0, limits.leavings)) {
      batches.left(unprovenEntry(clientId, 1_700_000_000_000));
    }
    batches.begin();
    const told = new Set<string>();
    for (let next = batches.next(users); next !== undefined; next = batches.next(users)) {
      const { left } = next.presence;
      expect(JSON.stringify(next.presence).length).toBeLessThan(limits.frameSize_bytes);
      expect(left?.forgotten).not.toBe(true);
      left?.clients.forEach(({ clientId }) => told.add(clientId));
      batches.taken(next.presence);
    }
    expect(told.size).toBe(limits.leavings);
    for (let count = 0; count <= limits.leavings; count += 1) {
      batches.left(unprovenEntry(newUuid(), 1));
    }
    const untold = batches.untold();
    expect([untold?.clients.length, untold?.forgotten]).toEqual([limits.leavings, true]);
    expect(JSON.stringify(untold).length).toBeLessThan(limits.frameSize_bytes);
  });
});

describe('messages of who is in a room', () => {
  it('fit a frame whatever the names are, and together hold everybody', () => {
    const batches = new PresenceBatches();
    const users = Array.from({ length: 5_000 }, (_, index) =>
      somebody(index % 2 === 0 ? '\u0001'.repeat(limits.name_chars) : 'ann'),
    );
    batches.begin();
    const told = new Set<string>();
    let more = true;
    while (more) {
      const next = batches.next(users);
      expect(JSON.stringify(next?.presence).length).toBeLessThan(limits.frameSize_bytes);
      expect(next?.presence.whole).toEqual({ first: 1, last: next?.more === false });
      for (const { clientId } of next?.presence.came ?? []) {
        told.add(clientId);
      }
      if (next !== undefined) {
        batches.taken(next.presence);
      }
      more = next?.more === true;
    }
    expect(told.size).toBe(users.length);
    expect(batches.next(users)).toBeUndefined();
    const gone = batches.next([]);
    expect([gone?.presence.went.length, gone?.more]).toEqual([limits.presenceUsers, true]);
  });

  it('count no more once a new whole was begun', () => {
    const batches = new PresenceBatches();
    const users = [somebody()];
    batches.begin();
    const old = batches.next(users);
    batches.begin();
    if (old !== undefined) {
      batches.taken(old.presence);
    }
    expect(batches.next(users)?.presence).toMatchObject({ number: 2, came: users });
  });
});
