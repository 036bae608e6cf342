import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Directory } from '../../protocol/directory.ts';
import { applyChange, emptyDirectory } from '../../protocol/directory.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { TestNode } from './support.ts';
import {
  ask,
  cardOf,
  clock,
  connect,
  createRoom,
  dial,
  enrolmentOf,
  idle,
  problem,
  someFacts,
  startNode,
} from './support.ts';

const objectOf = ({ card }: TestNode): DurableObjectStub =>
  env.NODE.get(env.NODE.idFromName(card.nodeId));
const mesh = (): DurableObjectStub => env.MESH.get(env.MESH.idFromName('mesh'));
const keepAlive = async (node: TestNode): Promise<string> =>
  await node.peer.call('node.keepAlive', { load: idle });

/** When its lease is looked at next. */
const checkOf = async (node: TestNode): Promise<number | null> =>
  await runInDurableObject(objectOf(node), (_, { storage }) => storage.getAlarm());

/** Its lease ends: nothing was heard of it for so long. */
async function loseLease(node: TestNode): Promise<void> {
  clock.pass(limits.lease_ms);
  await runDurableObjectAlarm(objectOf(node));
}

async function members(): Promise<string[]> {
  return await runInDurableObject(mesh(), (_, { storage }) =>
    storage.sql
      .exec<{ node_id: string }>('SELECT node_id FROM nodes ORDER BY node_id')
      .toArray()
      .map((row) => row.node_id),
  );
}

describe('the link of a node', () => {
  it('is refused without the secret of the deployment, and where it is no WebSocket', async () => {
    expect(await problem(await dial('eu-west-1', 'another secret'))).toEqual({
      status: 403,
      code: 'forbidden',
    });
    expect(await problem(await ask('/nodes/eu-west-1/link'))).toEqual({
      status: 403,
      code: 'forbidden',
    });
    const authorization = `Bearer ${env.RIZOMA_ENROL_SECRET}`;
    const plain = await ask('/nodes/eu-west-1/link', { headers: { authorization } });
    expect(await problem(plain)).toEqual({ status: 400, code: 'bad_request' });
    expect(await problem(await dial('No-Slug'))).toEqual({ status: 400, code: 'bad_request' });
  });

  it('is closed by bytes, and by more than a frame may hold', async () => {
    for (const [message, code] of [
      [new Uint8Array([1, 2, 3]), 1003],
      ['x'.repeat(limits.frameSize_bytes + 1), 1009],
    ] as const) {
      const { webSocket } = await dial('eu-west-9');
      const closed = new Promise<number>((resolve) =>
        webSocket?.addEventListener('close', (event) => resolve(event.code)),
      );
      webSocket?.accept();
      webSocket?.send(message);
      expect(await closed).toBe(code);
    }
  });

  it('takes the card of its own node alone, and asks who speaks before there is one', async () => {
    const node = await connect(cardOf('eu-west', 8));
    expect(await keepAlive(node)).toBe('whoareyou');
    await expect(node.enter('0123456789abcdef01234567', someFacts())).rejects.toMatchObject({
      code: 'conflict',
    });
    const card = cardOf('eu-west', 7);
    const enrolment = await enrolmentOf(card);
    await expect(
      node.peer.call('node.register', { card, load: idle, enrolment }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await node.register();
    expect(await keepAlive(node)).toBe('ok');
  });

  it('brings each node the list of members when another comes and when it is lost', async () => {
    const first = await startNode('eu-west', 11);
    const second = await startNode('us-east', 12);
    await second.members.until((ids) => ids.includes('eu-west-11') && ids.includes('us-east-12'));
    await runDurableObjectAlarm(mesh());
    await first.members.until((ids) => ids.includes('us-east-12'));
    clock.pass(limits.lease_ms);
    expect(await keepAlive(first)).toBe('ok');
    await runDurableObjectAlarm(objectOf(second));
    await runDurableObjectAlarm(mesh());
    await first.members.until((ids) => !ids.includes('us-east-12'));
    expect(await members()).toContain('eu-west-11');
  });

  it('shows in the regions with the load that the node reports', async () => {
    const node = await startNode('ap-northeast', 13);
    clock.pass(limits.snapshot_ms);
    await node.peer.call('node.keepAlive', { load: { ...idle, state: 'warning' } });
    await vi.waitFor(async () => {
      clock.pass(1_000);
      expect(await keepAliveIs(node, 'warning')).toBe(true);
    });
  });

  const keepAliveIs = async (node: TestNode, state: string): Promise<boolean> => {
    await node.peer.call('node.keepAlive', { load: { ...idle, state: 'warning' } });
    const text = await (await ask('/regions')).text();
    return text.includes(`{"region":"${node.card.region}","nodes":1,"state":"${state}"}`);
  };

  it('writes nothing for a keep-alive that brings no news', async () => {
    const node = await startNode('eu-west', 14);
    const written = async (): Promise<number> =>
      await runInDurableObject(objectOf(node), (_, { storage }) =>
        Number(storage.sql.exec('SELECT total_changes() AS n').one()['n']),
      );
    const before = await written();
    for (let count = 0; count < 5; count += 1) {
      clock.pass(limits.snapshot_ms / 2);
      expect(await keepAlive(node)).toBe('ok');
    }
    expect(await written()).toBe(before);
  });
});

describe('a lease', () => {
  it('is kept by keep-alives alone', async () => {
    const node = await startNode('eu-west', 21);
    for (let count = 0; count < 5; count += 1) {
      clock.pass(limits.lease_ms - 1);
      expect(await keepAlive(node)).toBe('ok');
      await runDurableObjectAlarm(objectOf(node));
    }
    expect(await members()).toContain('eu-west-21');
  });

  it('outlives a date that is set, either way, and ends where the node was silent before and after', async () => {
    const node = await startNode('eu-west', 25);
    const hour_ms = 3_600_000;
    for (const by_ms of [3_100, 10_000, hour_ms, -hour_ms]) {
      clock.pass(by_ms);
      if (by_ms > 0) {
        await runDurableObjectAlarm(objectOf(node));
      }
      expect(await keepAlive(node)).toBe('ok');
      await vi.waitFor(async () =>
        expect(await checkOf(node)).toBeLessThanOrEqual(clock.now_ms + limits.lease_ms),
      );
    }
    clock.pass(limits.lease_ms);
    await runDurableObjectAlarm(objectOf(node));
    expect(await keepAlive(node)).toBe('whoareyou');
  });

  it('outlives a link that was closed, if the node is back before its end', async () => {
    const node = await startNode('eu-west', 22);
    const { _id: roomId } = await createRoom('flap');
    const other = await startNode('us-east', 22);
    await node.enter(roomId, someFacts());
    const whole = await other.enter(roomId, { erizos: [], streams: [] });
    node.peer.close();
    clock.pass(limits.lease_ms - 1);
    await runDurableObjectAlarm(objectOf(node));
    const again = await connect(node.card);
    expect(await keepAlive(again)).toBe('whoareyou');
    await again.register();
    const seen = await again.peer.call('room.facts', { roomId, facts: someFacts() });
    expect(seen.from).toBe(whole.version);
  });

  it('that is lost is told to Mesh and to each room, and the node has to register again', async () => {
    const node = await startNode('eu-west', 23);
    const other = await startNode('us-east', 23);
    const { _id: roomId } = await createRoom('lost');
    await node.enter(roomId, someFacts());
    const whole = await other.enter(roomId, { erizos: [], streams: [] });
    expect(whole.streams).toHaveLength(1);
    await loseLease(node);
    const left = applyChange(whole, await other.changes.take());
    expect(left).toMatchObject({ erizos: [], streams: [] });
    expect(await members()).not.toContain('eu-west-23');
    expect(await keepAlive(node)).toBe('whoareyou');
    await expect(
      node.peer.call('room.facts', { roomId, facts: someFacts() }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await node.register();
    await node.enter(roomId, someFacts());
    expect((await other.changes.take()).streams.put).toHaveLength(1);
  });

  it('starts anew when the object restarts, and ends if the node is not heard then either', async () => {
    const node = await startNode('eu-west', 24);
    clock.pass(limits.lease_ms);
    await evictDurableObject(objectOf(node));
    await runDurableObjectAlarm(objectOf(node));
    expect(await members()).toContain('eu-west-24');
    await loseLease(node);
    expect(await members()).not.toContain('eu-west-24');
  });

  it('of a node that restarted replaces the old one at once, with all that the old one said', async () => {
    const old = await startNode('eu-west', 25);
    const other = await startNode('us-east', 25);
    const { _id: roomId } = await createRoom('restarted');
    await old.enter(roomId, someFacts());
    const whole = await other.enter(roomId, { erizos: [], streams: [] });
    const young = await connect({ ...old.card, epoch: newUuid() });
    await young.register();
    expect(await old.ended).toBe('peer_closed');
    await runDurableObjectAlarm(objectOf(young));
    const left = applyChange(whole, await other.changes.take());
    expect(left).toMatchObject({ streams: [] });
    expect(await keepAlive(young)).toBe('ok');
    expect(await members()).toContain('eu-west-25');
  });
});

describe('two nodes in one room', () => {
  const nothing = { erizos: [], streams: [] };

  it('see the facts of each other, and who spoke is answered and not told', async () => {
    const eu = await startNode('eu-west', 31);
    const us = await startNode('us-east', 31);
    const { _id: roomId } = await createRoom('both');
    const facts = someFacts();
    let seenByEu: Directory = await eu.enter(roomId, facts);
    let seenByUs: Directory = await us.enter(roomId, nothing);
    seenByEu = applyChange(seenByEu, await eu.changes.take()) ?? emptyDirectory;
    expect(seenByUs).toMatchObject(seenByEu);
    expect(seenByUs.holders).toEqual(['eu-west-31', 'us-east-31']);
    expect(seenByUs.streams).toMatchObject([{ nodeId: 'eu-west-31', region: 'eu-west', since: 1 }]);
    const more = someFacts();
    const answer = await us.peer.call('room.facts', { roomId, facts: more });
    seenByUs = applyChange(seenByUs, answer) ?? emptyDirectory;
    seenByEu = applyChange(seenByEu, await eu.changes.take()) ?? emptyDirectory;
    expect(seenByUs).toMatchObject(seenByEu);
    expect(seenByEu.streams).toHaveLength(2);
    expect(await us.peer.call('room.facts', { roomId, facts: more })).toMatchObject({
      from: 3,
      version: 3,
    });
    await us.peer.call('room.leave', { roomId });
    expect(applyChange(seenByEu, await eu.changes.take())?.streams).toHaveLength(1);
    await expect(us.peer.call('room.facts', { roomId, facts: more })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('lose nothing when every object on the way restarts', async () => {
    const eu = await startNode('eu-west', 32);
    const us = await startNode('us-east', 32);
    const { _id: roomId } = await createRoom('restarts');
    await eu.enter(roomId, someFacts());
    const before = await us.enter(roomId, someFacts());
    await evictDurableObject(env.ROOM.get(env.ROOM.idFromName(roomId)));
    await evictDurableObject(objectOf(eu));
    await evictDurableObject(objectOf(us));
    expect(await keepAlive(eu)).toBe('ok');
    const change = await us.peer.call('room.facts', { roomId, facts: someFacts() });
    expect(change.from).toBe(before.version);
    expect(await eu.changes.until(({ from }) => from === before.version)).toEqual(change);
  });

  it('have their facts applied in the order in which they were sent', async () => {
    const eu = await startNode('eu-west', 33);
    const { _id: roomId } = await createRoom('in order');
    const { version: entered } = await eu.enter(roomId, nothing);
    const said = Array.from({ length: 20 }, () => someFacts());
    const changes = await Promise.all(
      said.map((facts) => eu.peer.call('room.facts', { roomId, facts })),
    );
    expect(changes.map(({ version }) => version)).toEqual(
      said.map((_, index) => entered + 1 + index),
    );
    const whole = await eu.enter(roomId, said.at(-1) ?? nothing);
    expect(whole.version).toBe(entered + said.length);
  });

  it('can apply all that they are told and answered in the order in which it comes', async () => {
    const { _id: roomId } = await createRoom('both at once');
    const eu = await startNode('eu-west', 35);
    const us = await startNode('us-east', 35);
    for (const node of [eu, us]) {
      node.follow(await node.enter(roomId, nothing));
    }
    const speak = async (node: TestNode): Promise<void> => {
      for (let count = 0; count < 20; count += 1) {
        node.apply(await node.peer.call('room.facts', { roomId, facts: someFacts() }));
      }
    };
    await Promise.all([speak(eu), speak(us)]);
    const last = await eu.peer.call('room.facts', { roomId, facts: nothing });
    eu.apply(last);
    await us.changes.until(({ version }) => version === last.version);
    expect([eu.directory?.version, us.directory?.version]).toEqual([last.version, last.version]);
    expect(eu.directory).toEqual(us.directory);
  });

  it('are refused a room that does not exist, and nothing of it is remembered', async () => {
    const eu = await startNode('eu-west', 34);
    const roomId = 'ffffffffffffffffffffffff';
    await expect(eu.enter(roomId, nothing)).rejects.toMatchObject({
      code: 'not_found',
    });
    const rooms = await runInDurableObject(objectOf(eu), (_, { storage }) =>
      storage.sql.exec('SELECT * FROM rooms').toArray(),
    );
    expect(rooms).toEqual([]);
  });
});
