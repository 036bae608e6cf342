import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { Mesh, Node, Room } from '../../edge/worker.ts';
import { limits } from '../../protocol/limits.ts';
import { dyingAfter, dyingBefore, dyingMeanwhile } from './deaths.ts';
import {
  nothing,
  redial,
  makeApp,
  serviceObject,
  nodeObject,
  tried,
  roomsOf,
  ringAgain,
  alarmsOf,
} from './restarting.ts';
import type { TestNode } from './support.ts';
import {
  clock,
  createRoom,
  createToken,
  idle,
  postJson,
  request,
  someFacts,
  startNode,
} from './support.ts';

let eu: TestNode;
let us: TestNode;
let nodes = 0;

// New ones each time, since the death of a node's object ends its link.
beforeEach(async () => {
  nodes += 1;
  eu = await startNode('eu-west', nodes);
  us = await startNode('us-east', nodes);
});

describe('a token', () => {
  it.each([
    dyingBefore(Room, 'issueToken'),
    dyingAfter(Room, 'issueToken'),
    dyingBefore(Mesh, 'snapshot'),
    dyingAfter(Mesh, 'snapshot'),
    dyingMeanwhile(Room, 'issueToken', Mesh, 'snapshot'),
  ])('is given when it is asked for again, with $what', async ({ strike }) => {
    const { _id } = await createRoom('tokens');
    strike();
    await tried(createToken(_id));
    const token = await (await createToken(_id)).text();
    expect((await postJson('/join', { token })).status).toBe(200);
    clock.pass(limits.token_ttl_s * 1000);
    const object = env.ROOM.get(env.ROOM.idFromName(_id));
    await alarmsOf(object);
    const left = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec('SELECT * FROM tokens').toArray(),
    );
    expect(left).toEqual([]);
  });

  it.each([
    dyingBefore(Room, 'admit'),
    dyingBefore(Mesh, 'snapshot'),
    dyingAfter(Mesh, 'snapshot'),
    dyingMeanwhile(Room, 'admit', Mesh, 'snapshot'),
  ])('is not used up by a join that did not place anybody, with $what', async ({ strike }) => {
    const { _id } = await createRoom('joins');
    const token = await (await createToken(_id)).text();
    // So that the room has to look at the mesh again.
    clock.pass(limits.snapshot_ms);
    strike();
    const first = await tried(postJson('/join', { token }));
    // Where the mesh was asked once more, the first one was placed already.
    const placed = first.ok ? first : await postJson('/join', { token });
    expect([placed.status, (await postJson('/join', { token })).status]).toEqual([200, 401]);
  });

  it('is used up by a join whose answer was lost, as nobody knows who has it', async () => {
    const { _id } = await createRoom('lost answer');
    const token = await (await createToken(_id)).text();
    dyingAfter(Room, 'admit').strike();
    await tried(postJson('/join', { token }));
    expect((await postJson('/join', { token })).status).toBe(401);
  });
});

function rejected(outcomes: PromiseSettledResult<void>[]): PromiseRejectedResult[] {
  return outcomes.filter((outcome) => outcome.status === 'rejected');
}

describe('a controller in a room', () => {
  const again = { retryable: true };

  it.each([
    dyingBefore(Room, 'enter'),
    dyingAfter(Room, 'enter'),
    dyingBefore(Room, 'facts'),
    dyingAfter(Room, 'facts'),
    dyingBefore(Node, 'push'),
    dyingAfter(Node, 'push'),
  ])('agrees with the others in the end, with $what', async ({ strike }) => {
    const { _id: roomId } = await createRoom('facts');
    await us.enter(roomId, nothing);
    const facts = someFacts();
    strike();
    const told = [someFacts(), facts].map(async (said) => {
      await eu.enter(roomId, said);
      await eu.peer.call('room.facts', { roomId, facts: said });
    });
    for (const { reason } of rejected(await Promise.allSettled(told))) {
      expect(reason).toMatchObject(again);
    }
    // Nodes dial in again where they have to, and tell all that they have.
    [eu, us] = [await redial(eu), await redial(us)];
    await eu.enter(roomId, facts);
    const seenByEu = await eu.enter(roomId, facts);
    const seenByUs = await us.enter(roomId, nothing);
    expect(seenByUs).toEqual(seenByEu);
    expect(seenByUs.streams.map(({ streamId }) => streamId)).toEqual(
      facts.streams.map(({ streamId }) => streamId),
    );
  });

  it.each([dyingBefore(Room, 'leave'), dyingAfter(Room, 'leave')])(
    'leaves it, with $what',
    async ({ strike }) => {
      const { _id: roomId } = await createRoom('leaves');
      await eu.enter(roomId, someFacts());
      strike();
      await expect(eu.peer.call('room.leave', { roomId })).rejects.toMatchObject(again);
      expect(await eu.peer.call('room.leave', { roomId })).toBeNull();
      const { streams } = await us.enter(roomId, nothing);
      expect(streams).toEqual([]);
    },
  );

  it.each([dyingBefore(Node, 'users'), dyingBefore(Room, 'users'), dyingAfter(Room, 'users')])(
    'is asked for its users, with $what',
    async ({ strike }) => {
      const { _id: roomId } = await createRoom('users');
      await us.enter(roomId, nothing);
      strike();
      const got = await request('GET', `/rooms/${roomId}/users`);
      expect([200, 503]).toContain(got.status);
      expect(got.headers.has('retry-after')).toBe(got.status === 503);
    },
  );
});

describe('a lease', () => {
  it.each([dyingBefore(Mesh, 'join'), dyingAfter(Mesh, 'join'), dyingBefore(Mesh, 'load')])(
    'is had by a node that registers again, with $what',
    async ({ strike }) => {
      strike();
      const node = await startNode('ap-northeast', 3).catch(() => startNode('ap-northeast', 3));
      expect(await node.peer.call('node.keepAlive', { load: { ...idle, cpu: 0.5 } })).toBe('ok');
      const members = await runInDurableObject(
        env.MESH.get(env.MESH.idFromName('mesh')),
        (_, { storage }) =>
          storage.sql.exec("SELECT 1 FROM nodes WHERE node_id = 'ap-northeast-3'").toArray(),
      );
      expect(members).toHaveLength(1);
    },
  );

  it.each([
    dyingBefore(Mesh, 'leave'),
    dyingAfter(Mesh, 'leave'),
    dyingBefore(Room, 'nodeLost'),
    dyingAfter(Room, 'nodeLost'),
    dyingMeanwhile(Node, 'alarm', Room, 'nodeLost'),
    dyingMeanwhile(Node, 'alarm', Mesh, 'leave'),
  ])('that is lost is told to all in the end, with $what', async ({ strike }) => {
    const lost = await startNode('ap-northeast', 4);
    const { _id: roomId } = await createRoom('lost');
    await lost.enter(roomId, someFacts());
    strike();
    for (let count = 0; count < 3; count += 1) {
      clock.pass(limits.lease_ms);
      await ringAgain(nodeObject(lost));
      await runDurableObjectAlarm(nodeObject(lost)).catch(() => undefined);
    }
    us = await redial(us);
    const { streams } = await us.enter(roomId, nothing);
    expect(streams).toEqual([]);
    const members = await runInDurableObject(
      env.MESH.get(env.MESH.idFromName('mesh')),
      (_, { storage }) =>
        storage.sql.exec("SELECT 1 FROM nodes WHERE node_id = 'ap-northeast-4'").toArray(),
    );
    expect(members).toEqual([]);
  });
});

describe('an alarm that rings twice', () => {
  const ring = (object: DurableObjectStub): Promise<void> =>
    runInDurableObject(object, (instance) => v.parse(Ringing, instance).alarm());
  const Ringing = v.custom<{ alarm(): Promise<void> }>(
    (instance) => typeof instance === 'object' && instance !== null && 'alarm' in instance,
  );

  it('sweeps tokens once, and none that are good', async () => {
    const { _id } = await createRoom('swept');
    await createToken(_id);
    clock.pass(limits.token_ttl_s * 500);
    const token = await (await createToken(_id)).text();
    clock.pass(limits.token_ttl_s * 500);
    const object = env.ROOM.get(env.ROOM.idFromName(_id));
    await ring(object);
    const next_ms = await runInDurableObject(object, (_, { storage }) => storage.getAlarm());
    await ring(object);
    expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).toBe(next_ms);
    expect((await postJson('/join', { token })).status).toBe(200);
  });

  it('tells of a lost lease once', async () => {
    const { _id: roomId } = await createRoom('told once');
    const lost = await startNode('ap-northeast', 5);
    await lost.enter(roomId, someFacts());
    const before = await us.enter(roomId, nothing);
    clock.pass(limits.lease_ms);
    await ring(nodeObject(lost));
    const change = await us.changes.take();
    await ring(nodeObject(lost));
    await ring(nodeObject(lost));
    const after = await us.enter(roomId, nothing);
    expect([change.from, change.version]).toEqual([before.version, after.version]);
  });

  it('leaves a node that was heard its lease', async () => {
    await ring(nodeObject(eu));
    await ring(nodeObject(eu));
    expect(await eu.peer.call('node.keepAlive', { load: idle })).toBe('ok');
  });

  it('deletes the rooms of a deleted service and nobody else’s', async () => {
    const [doomed, other] = [await makeApp(), await makeApp()];
    await createRoom('doomed', doomed);
    const kept = await createRoom('kept', other);
    await request('DELETE', `/services/${doomed.serviceid}`);
    for (const { serviceid } of [doomed, other, doomed, other, doomed]) {
      await ring(serviceObject(serviceid));
    }
    expect(await roomsOf(other)).toEqual([kept]);
    const left = await runInDurableObject(serviceObject(doomed.serviceid), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'rooms'").toArray(),
    );
    expect(left).toEqual([]);
  });
});
