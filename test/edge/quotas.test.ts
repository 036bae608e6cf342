import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { MeshStore } from '../../edge/objects/mesh-store.ts';
import { NodeStore } from '../../edge/objects/node-store.ts';
import { RoomStore } from '../../edge/objects/room-store.ts';
import { ServiceStore } from '../../edge/objects/service-store.ts';
import { sizeOf } from '../../protocol/bytes.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { Problem } from '../../protocol/contracts/rest.ts';
import { newHexId, newRoomId, newTokenId, newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { decodeSigned } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import {
  answer,
  cardOf,
  clock,
  createRoom,
  createToken,
  idle,
  postJson,
  problem,
  request,
  startNode,
} from './support.ts';

const full = { status: 409, code: 'quota_reached' };

let eu: TestNode;

beforeAll(async () => {
  eu = await startNode('eu-west');
});

/** Runs it with the SQLite of an object that nothing else uses. */
async function withSql(run: (sql: SqlStorage) => void | Promise<void>): Promise<void> {
  const stub = env.ROOM.get(env.ROOM.idFromName(newUuid()));
  await runInDurableObject(stub, (_, { storage }) => run(storage.sql));
}

const roomObject = (roomId: string): DurableObjectStub => env.ROOM.get(env.ROOM.idFromName(roomId));

function serviceStoreOf(sql: SqlStorage, most: { rooms: number; bytes: number }): ServiceStore {
  const store = new ServiceStore({ sql }, { most });
  store.makeTables();
  return store;
}

const room = (data: Record<string, unknown> = {}): RoomAnswer => ({
  name: 'a room',
  _id: newRoomId(),
  data,
});

function take(store: ServiceStore, wanted: RoomAnswer): void {
  store.demandPlace(wanted);
  store.saveRoom(wanted);
}

describe('the rooms of a service', () => {
  it('are as many as it may have, and one more when one is deleted, also after a restart', async () => {
    await withSql((sql) => {
      const most = { rooms: 16, bytes: 1024 * 1024 };
      const store = serviceStoreOf(sql, most);
      const rooms = Array.from({ length: 16 }, () => room());
      rooms.forEach((one) => take(store, one));
      expect(() => take(store, room())).toThrow('16 rooms');
      const again = serviceStoreOf(sql, most);
      expect(() => take(again, room())).toThrow('delete some');
      again.removeRoom(rooms[3]?._id ?? '');
      take(again, room());
      expect(() => take(again, room())).toThrow('16 rooms');
    });
  });

  it('have so many bytes together, which a change counts to, and what is smaller is never refused', async () => {
    await withSql((sql) => {
      const [small, large] = [room(), { ...room(), data: { text: 'é'.repeat(100) } }];
      const store = serviceStoreOf(sql, { rooms: 16, bytes: sizeOf(small) + sizeOf(large) - 1 });
      take(store, small);
      expect(() => take(store, large)).toThrow('bytes together');
      const grown = { ...small, data: { text: 'x'.repeat(50) } };
      take(store, grown);
      expect(() => take(store, { ...grown, data: large.data })).not.toThrow();
      expect(() => take(store, room())).toThrow('keep less data');
      take(store, small);
      take(store, room());
    });
  });

  it('are refused by REST in words, new ones and those that grow', async () => {
    const { _id } = await createRoom('the last one');
    const path = `/rooms/${_id}`;
    const name = 'one more';
    const stub = env.SERVICE.get(env.SERVICE.idFromName(env.NUVE_SUPERSERVICE_ID));
    const set = async (usage: { rooms: number; bytes: number }): Promise<void> => {
      const { rooms, bytes } = usage;
      await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec('UPDATE usage SET rooms = ?, bytes = ?', rooms, bytes),
      );
      await evictDurableObject(stub);
      // What was signed before may be among the nonces that were lost.
      clock.pass(1_000);
    };
    await set({ rooms: limits.roomsPerService, bytes: 1_000 });
    const refused = v.parse(Problem, await (await request('POST', '/rooms', { name })).json());
    expect(refused).toMatchObject({
      ...full,
      detail: `the service has ${limits.roomsPerService} rooms, which is all that it may have: delete some, or make another service`,
      details: { quota: 'roomsPerService', limit: limits.roomsPerService },
    });
    const found = { name: 'the last one', options: { getOrCreate: true } };
    expect((await request('POST', '/rooms', found)).status).toBe(200);
    expect(await answer(request('PATCH', path, { options: { data: { a: 1 } } }))).toEqual([
      200,
      'Room Updated',
    ]);
    await set({ rooms: 1, bytes: limits.serviceRooms_bytes });
    const larger = { options: { data: { text: 'x'.repeat(100) } } };
    expect(await problem(await request('PATCH', path, larger))).toEqual(full);
    expect(await problem(await request('POST', '/rooms', { name }))).toEqual(full);
    const smaller = { name: 'the last one', options: { data: {} } };
    expect((await request('PUT', path, smaller)).status).toBe(200);
    expect((await request('DELETE', path)).status).toBe(200);
    await set({ rooms: 1, bytes: 1_000 });
    expect((await request('POST', '/rooms', { name })).status).toBe(200);
  });
});

describe('a room', () => {
  it('is refused where it is larger as it is kept than as it was sent', async () => {
    const numbers = Array.from({ length: 4_000 }, () => '1e20').join();
    const body = `{"name":"large","options":{"data":{"numbers":[${numbers}]}}}`;
    expect(body.length).toBeLessThan(limits.restBody_bytes);
    const tooLarge = { status: 413, code: 'too_large' };
    expect(await problem(await request('POST', '/rooms', body))).toEqual(tooLarge);
  });
});

describe('the services of a deployment', () => {
  it('are as many as there may be, and one more when one is deleted', async () => {
    const stub = env.SERVICES.get(env.SERVICES.idFromName('services'));
    const create = (): Promise<Response> =>
      request('POST', '/services', { name: 'one more', key: 'a key' });
    expect((await create()).status).toBe(200);
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
         INSERT INTO services (id, name) SELECT printf('%024x', n), 'filled' FROM numbers`,
        limits.services - 2,
      ),
    );
    await evictDurableObject(stub);
    const id = v.parse(v.string(), await (await create()).json());
    const refused = v.parse(Problem, await (await create()).json());
    expect(refused).toMatchObject({ ...full, details: { quota: 'services' } });
    expect((await request('DELETE', `/services/${id}`)).status).toBe(200);
    const [first, second] = await Promise.all([create(), create()]);
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 409]));
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("DELETE FROM services WHERE name = 'filled'"),
    );
    await evictDurableObject(stub);
  });
});

describe('the tokens of a room', () => {
  const token = (tokenId: string, expiresAt_ms: number, usesLeft = 1) => ({
    ...{ tokenId, usesLeft, expiresAt_ms },
    ...{ userName: 'ann', role: 'presenter', host: 'eu-west-1.test:8030', pin: {} },
  });

  it('are as many as it may have; those that expired, were used or were revoked make room', async () => {
    await withSql((sql) => {
      const store = new RoomStore({ sql }, { tokens: 16 });
      store.makeTables();
      const roomId = newHexId();
      let now_ms = 0;
      const issue = (expiresAt_ms: number): string => {
        store.demandPlaceForToken(now_ms);
        const issued = token(newTokenId(roomId), expiresAt_ms);
        store.saveToken(issued);
        return issued.tokenId;
      };
      const ids = Array.from({ length: 16 }, (_, n) => issue(n < 2 ? 5_000 : 100_000));
      expect(() => issue(100_000)).toThrow('16 tokens of the room are open');
      now_ms = 10_000;
      issue(100_000);
      issue(100_000);
      expect(() => issue(100_000)).toThrow('revoke them all');
      store.updateToken(token(ids[4] ?? '', 100_000, 0));
      now_ms = 20_000;
      issue(100_000);
      expect(() => issue(100_000)).toThrow('16 tokens');
      store.revokeTokens();
      Array.from({ length: 16 }, () => issue(100_000));
      expect(() => issue(100_000)).toThrow('16 tokens');
    });
  });

  it('are refused by REST in words, and passes are not, which the room does not keep', async () => {
    const { _id: roomId } = await createRoom('many tokens');
    await runInDurableObject(roomObject(roomId), (_, { storage }) =>
      storage.sql.exec(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
         INSERT INTO tokens (token_id, expires_ms, token)
         SELECT ? || '.' || printf('%024x', n), ?, ? FROM numbers`,
        ...[limits.tokensPerRoom, roomId, clock.now_ms + 60_000],
        JSON.stringify(token(newTokenId(roomId), clock.now_ms + 60_000)),
      ),
    );
    const refused = v.parse(Problem, await (await createToken(roomId)).json());
    expect(refused).toMatchObject({ ...full, details: { quota: 'tokensPerRoom' } });
    expect((await createToken(roomId, { uses: 0 })).status).toBe(200);
    clock.pass(60_000);
    expect((await createToken(roomId)).status).toBe(200);
  });
});

describe('the participants of a room', () => {
  it('are as many as it may have: whoever comes then hears so, by token, by pass and at a controller', async () => {
    const { _id: roomId } = await createRoom('full');
    const token = await (await createToken(roomId, { uses: 2 })).text();
    const pass = await (await createToken(roomId, { uses: 0 })).text();
    const fill = async (rows: number): Promise<void> =>
      await runInDurableObject(roomObject(roomId), (_, { storage }) => {
        storage.sql.exec(
          `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
           INSERT INTO participants (node_id, client_id, name, role, number)
           SELECT 'eu-west-1', printf('00000000-0000-4000-8000-%012x', n), 'bob', 'viewer', 1 FROM numbers`,
          rows,
        );
      });
    await fill(limits.participantsPerRoom);
    for (const text of [token, pass]) {
      expect(await problem(await postJson('/join', { token: text }))).toEqual(full);
      const call = eu.peer.call('token.consume', { token: decodeSigned(text) });
      await expect(call).rejects.toMatchObject({
        code: 'quota_reached',
        message: expect.stringMatching('try again when somebody has left'),
      });
    }
    await runInDurableObject(roomObject(roomId), (_, { storage }) =>
      storage.sql.exec('DELETE FROM participants WHERE client_id LIKE ?', '%f'),
    );
    await evictDurableObject(roomObject(roomId));
    clock.pass(limits.roomPicture_ms);
    for (const text of [token, pass]) {
      expect((await postJson('/join', { token: text })).status).toBe(200);
    }
  });
});

describe('the mesh', () => {
  const node = (nodeId: string, region = 'eu-west', lease = 1) => ({
    card: { ...cardOf('eu-west'), nodeId, region },
    load: idle,
    lease,
  });

  it('has as many nodes as it may, one more when one has left, and keeps nothing of that one', async () => {
    await withSql((sql) => {
      const store = new MeshStore({ sql }, { most: { nodes: 16, regions: 64, members: 64 } });
      store.makeTables();
      for (let n = 0; n < 16; n += 1) {
        store.putNode(node(`node-${n}`), 0);
      }
      expect(() => store.putNode(node('node-16'), 0)).toThrow('16 nodes');
      store.putNode(node('node-3', 'eu-west', 2), 0);
      store.removeNode('node-3', 2);
      store.putNode(node('node-16'), 0);
      expect(() => store.putNode(node('node-17'), 0)).toThrow('end one before');
      for (const table of ['nodes', 'leases']) {
        const { n } = sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one();
        expect(n).toBe(16);
      }
    });
  });

  it('has as many members as it may within a day, of which those that left are some until they are freed', async () => {
    await withSql((sql) => {
      const store = new MeshStore({ sql }, { most: { nodes: 64, regions: 64, members: 16 } });
      store.makeTables();
      for (let n = 0; n < 16; n += 1) {
        store.putNode(node(`node-${n}`), 0);
        store.removeNode(`node-${n}`, 1);
      }
      expect(() => store.putNode(node('node-16'), 1)).toThrow('16 nodes have been');
      store.putNode(node('node-3', 'eu-west', 2), 1);
      store.revoke({ nodeId: 'node-4', peerId: 'of node-4' }, { at_ms: 1, until_ms: 2 });
      store.putNode(node('node-16'), 1);
      expect(() => store.putNode(node('node-17'), 1)).toThrow('DELETE /nodes/ID');
      const day_ms = (limits.certificate_ttl_s + limits.clockSkew_s) * 1000;
      store.putNode(node('node-17'), day_ms);
      expect(store.nodes().map(({ card }) => card.nodeId)).toEqual([
        'node-16',
        'node-17',
        'node-3',
      ]);
    });
  });

  it('has nodes in as many regions as it may, and forgets first those in which there is none', async () => {
    await withSql((sql) => {
      const store = new MeshStore({ sql }, { most: { nodes: 64, regions: 4, members: 64 } });
      store.makeTables();
      for (const region of ['d', 'c', 'b', 'a']) {
        store.putNode(node(`in-${region}`, region), 0);
      }
      expect(() => store.putNode(node('in-e', 'e'), 0)).toThrow('in 4 regions');
      store.putNode(node('again-in-a', 'a'), 0);
      store.removeNode('in-b', 1);
      store.removeNode('in-d', 1);
      store.putNode(node('in-e', 'e'), 0);
      expect(store.regions()).toEqual(['a', 'b', 'c', 'e']);
    });
  });
});

describe('the rooms of a node', () => {
  it('are as many as it may have, under whichever lease, and one more when one was left', async () => {
    await withSql((sql) => {
      const store = new NodeStore({ sql }, { rooms: 16 });
      store.makeTables();
      const rooms = Array.from({ length: 16 }, (_, n) => ({ roomId: newHexId(), lease: n % 2 }));
      rooms.forEach((room) => store.addRoom(room));
      rooms.forEach((room) => store.addRoom(room));
      const another = { roomId: newHexId(), lease: 1 };
      expect(() => store.addRoom(another)).toThrow('16 rooms');
      store.removeRoom(another);
      expect(() => store.addRoom(another)).toThrow('join at another one');
      store.removeRoom(rooms[0] ?? another);
      store.addRoom(another);
      expect(() => store.addRoom(rooms[0] ?? another)).toThrow('16 rooms');
    });
  });
});
