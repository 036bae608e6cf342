import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { RoomPresence } from '../../nodes/controller/room-presence.ts';
import type { Edge } from '../../nodes/mesh/edge.ts';
import type { Presence, RoomUser } from '../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import type { TestNode } from './support.ts';
import { clock, connect, createRoom, startNode } from './support.ts';

const nothing = { erizos: [], streams: [] };
const somebody = (name: string): RoomUser => ({ clientId: newUuid(), name, role: 'presenter' });
const roomObject = (id: string): DurableObjectStub => env.ROOM.get(env.ROOM.idFromName(id));

/** Names of those who are in the room, as its object has them stored. */
async function present(roomId: string): Promise<string[]> {
  await evictDurableObject(roomObject(roomId));
  return await runInDurableObject(roomObject(roomId), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>('SELECT DISTINCT client_id, name FROM participants ORDER BY name')
      .toArray()
      .map(({ name }) => name),
  );
}

async function enter(node: TestNode, roomId: string): Promise<void> {
  await node.enter(roomId, nothing);
}

async function tell(
  node: TestNode,
  roomId: string,
  presence: Partial<Presence> & { number: number },
): Promise<'ok' | 'again'> {
  const whole = { came: [], went: [], ...presence };
  return await node.peer.call('room.presence', { roomId, presence: whole });
}

const all = (number: number): { number: number; whole: NonNullable<Presence['whole']> } => ({
  number,
  whole: { first: number, last: true },
});

describe('the participants of a room', () => {
  it('are those of whom its controllers told, and outlive a restart', async () => {
    const [eu, us] = [await startNode('eu-west', 61), await startNode('us-east', 61)];
    const { _id: roomId } = await createRoom('present');
    const [ann, bob, eve] = [somebody('ann'), somebody('bob'), somebody('eve')];
    await enter(eu, roomId);
    await enter(us, roomId);
    expect(await tell(eu, roomId, { ...all(1), came: [ann, bob] })).toBe('ok');
    expect(await tell(us, roomId, { ...all(1), came: [eve] })).toBe('ok');
    expect(await present(roomId)).toEqual(['ann', 'bob', 'eve']);
    expect(await tell(eu, roomId, { number: 2, went: [ann.clientId] })).toBe('ok');
    expect(await present(roomId)).toEqual(['bob', 'eve']);
    await us.peer.call('room.leave', { roomId });
    expect(await present(roomId)).toEqual(['bob']);
  });

  it('are not changed by news that come twice, and asked for where some are missing', async () => {
    const eu = await startNode('eu-west', 62);
    const { _id: roomId } = await createRoom('numbers');
    const [ann, bob] = [somebody('ann'), somebody('bob')];
    await enter(eu, roomId);
    expect(await tell(eu, roomId, { ...all(1), came: [bob] })).toBe('ok');
    await tell(eu, roomId, { number: 2, came: [ann] });
    await tell(eu, roomId, { number: 3, went: [ann.clientId] });
    expect(await tell(eu, roomId, { number: 2, came: [ann] })).toBe('ok');
    expect(await present(roomId)).toEqual(['bob']);
    expect(await tell(eu, roomId, { number: 5, came: [ann] })).toBe('again');
    expect(await present(roomId)).toEqual(['bob']);
    const whole = { first: 6, last: false };
    expect(await tell(eu, roomId, { number: 6, whole, came: [ann] })).toBe('ok');
    expect(await present(roomId)).toEqual(['ann', 'bob']);
    await tell(eu, roomId, { number: 7, whole: { first: 6, last: true } });
    expect(await present(roomId)).toEqual(['ann']);
  });

  it('are told by controllers alone that hold the room', async () => {
    const eu = await startNode('eu-west', 63);
    const { _id: roomId } = await createRoom('not held');
    await expect(tell(eu, roomId, { ...all(1), came: [somebody('ann')] })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await present(roomId)).toEqual([]);
  });

  it('go with the lease of their node, and those of its next lease stay', async () => {
    const node = await startNode('eu-west', 64);
    const { _id: roomId } = await createRoom('leases');
    const [ann, bob] = [somebody('ann'), somebody('bob')];
    await enter(node, roomId);
    await tell(node, roomId, { ...all(1), came: [ann] });
    clock.pass(limits.lease_ms);
    const object = env.NODE.get(env.NODE.idFromName(node.card.nodeId));
    await runDurableObjectAlarm(object);
    expect(await present(roomId)).toEqual([]);
    await node.register();
    await enter(node, roomId);
    await tell(node, roomId, { ...all(1), came: [ann, bob] });
    const young = await connect({ ...node.card, epoch: newUuid() });
    await young.register();
    await enter(young, roomId);
    await tell(young, roomId, { ...all(1), came: [bob] });
    await runDurableObjectAlarm(object);
    expect(await present(roomId)).toEqual(['bob']);
  });

  it('cost the Room object a message a second for each controller, however many join', async () => {
    const { _id: roomId } = await createRoom('a storm');
    const seconds = 5;
    const joins = 2_000;
    const storm = async (number: number): Promise<number> => {
      const node = await startNode('eu-west', number);
      await enter(node, roomId);
      const users: RoomUser[] = [];
      const time = new VirtualClock();
      const calls: Promise<unknown>[] = [];
      const edge: Pick<Edge, 'call' | 'linked'> = {
        linked: true,
        call: (method, params) => {
          const call = node.peer.call(method, params);
          calls.push(call);
          return call;
        },
      };
      const presence = new RoomPresence(
        { clock: time, edge, log: pino({ level: 'silent' }) },
        { roomId, users: () => users, onNoHolder: () => undefined },
      );
      presence.entered();
      for (let second = 0; second < seconds; second += 1) {
        for (let join = 0; join < joins / seconds; join += 1) {
          users.push(somebody(`${number}`));
          presence.changed();
        }
        await Promise.all(calls);
        time.advance(limits.presence_ms);
      }
      await Promise.all(calls);
      return calls.length;
    };
    const told = await Promise.all([storm(65), storm(66)]);
    expect(await present(roomId)).toHaveLength(2 * joins);
    // What it has taken is numbered without a gap: it had no message more.
    expect(told).toEqual([seconds + 1, seconds + 1]);
  });
});
