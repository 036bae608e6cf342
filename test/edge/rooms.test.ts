import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../../edge/objects/outcome.ts';
import { servicesOf } from '../../edge/objects/stubs.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { Signature } from './support.ts';
import {
  answer,
  ask,
  clock,
  createRoom,
  createToken,
  postJson,
  problem,
  request,
  signed,
  someFacts,
  startNode,
} from './support.ts';

async function otherService(name: string): Promise<Signature> {
  const key = `the key of ${name}`;
  return { serviceid: await valueOf(servicesOf(env).create({ name, key })), key };
}

const noRoom = [404, 'Room does not exist'];
const serviceObject = (id = env.NUVE_SUPERSERVICE_ID): DurableObjectStub =>
  env.SERVICE.get(env.SERVICE.idFromName(id));
const roomObject = (id: string): DurableObjectStub => env.ROOM.get(env.ROOM.idFromName(id));

async function listed(signature: Signature = {}): Promise<RoomAnswer[]> {
  const response = await request('GET', '/rooms', undefined, signature);
  expect(response.headers.get('content-type')).toBe('application/json');
  return v.parse(v.array(RoomAnswer), await response.json());
}

describe('POST /rooms', () => {
  it('makes one room for many creations at once with getOrCreate', async () => {
    const service = await otherService('creations');
    const body = { name: 'wanted by all', options: { getOrCreate: true } };
    const made = await Promise.all(
      Array.from({ length: 8 }, async () =>
        v.parse(RoomAnswer, await (await request('POST', '/rooms', body, service)).json()),
      ),
    );
    expect(new Set(made.map(({ _id }) => _id)).size).toBe(1);
    expect(await listed(service)).toEqual([made[0]]);
  });
});

describe('GET /rooms', () => {
  it('lists the rooms of the service alone, in the order in which they were made', async () => {
    const eve = await otherService('eve');
    const adam = await otherService('adam');
    expect(await listed(eve)).toEqual([]);
    const first = await createRoom('first', eve);
    const options = { p2p: true, data: { a: 1 } };
    const response = await request('POST', '/rooms', { name: 'second', options }, eve);
    const second = v.parse(RoomAnswer, await response.json());
    await createRoom('not theirs', adam);
    expect(await listed(eve)).toEqual([first, second]);
    await evictDurableObject(serviceObject(eve.serviceid));
    clock.pass(1_000);
    expect(await listed(eve)).toEqual([first, second]);
  });

  it('lists more rooms than a page of the object holds', async () => {
    const service = await otherService('many');
    await createRoom('the first', service);
    const names = Array.from({ length: 250 }, (_, index) => `room ${index}`);
    await runInDurableObject(serviceObject(service.serviceid), (_, { storage }) => {
      for (const [index, name] of names.entries()) {
        const id = index.toString(16).padStart(24, '0');
        const room = JSON.stringify({ name, _id: id });
        storage.sql.exec('INSERT INTO rooms (id, name, room) VALUES (?, ?, ?)', id, name, room);
      }
    });
    const rooms = await listed(service);
    expect(rooms.map(({ name }) => name)).toEqual(['the first', ...names]);
  });
});

describe('/rooms/:room', () => {
  it('answers the room, after a restart too', async () => {
    const room = await createRoom('read');
    expect(await (await request('GET', `/rooms/${room._id}`)).json()).toEqual(room);
    await evictDurableObject(roomObject(room._id));
    expect(await (await request('GET', `/rooms/${room._id}`)).json()).toEqual(room);
  });

  it('is there for HEAD without a body', async () => {
    const { _id } = await createRoom('head');
    for (const path of ['/rooms', `/rooms/${_id}`]) {
      const response = await request('HEAD', path);
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
  });

  it('is changed by PUT and PATCH in the words of Licode, and so is the list', async () => {
    const service = await otherService('changes');
    const { _id } = await createRoom('before', service);
    const options = { data: { a: 1, b: 2 }, mediaConfiguration: 'VP8' };
    const path = `/rooms/${_id}`;
    const put = request('PUT', path, { name: 'after', options }, service);
    expect(await answer(put)).toEqual([200, 'Room Updated']);
    const merge = { options: { p2p: true, data: { b: 3 } } };
    expect(await answer(request('PATCH', path, merge, service))).toEqual([200, 'Room Updated']);
    await evictDurableObject(roomObject(_id));
    const expected = {
      name: 'after',
      _id,
      p2p: true,
      data: { a: 1, b: 3 },
      mediaConfiguration: 'VP8',
    };
    expect(await (await request('GET', path, undefined, service)).json()).toEqual(expected);
    expect(await listed(service)).toEqual([expected]);
  });

  it('keeps every one of many changes at once', async () => {
    const service = await otherService('at once');
    const { _id } = await createRoom('busy', service);
    const fields = Array.from({ length: 20 }, (_, index) => `field ${index}`);
    await Promise.all(
      fields.map((field) =>
        request('PATCH', `/rooms/${_id}`, { options: { data: { [field]: 1 } } }, service),
      ),
    );
    const [room] = await listed(service);
    expect(Object.keys(room?.data ?? {}).toSorted()).toEqual(fields.toSorted());
  });

  it('takes forms', async () => {
    const { _id } = await createRoom('form');
    const response = await ask(`/rooms/${_id}`, {
      method: 'PUT',
      headers: {
        ...(await signed()),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'name=by+form&options[mediaConfiguration]=VP8',
    });
    expect(await response.text()).toBe('Room Updated');
    const room = await request('GET', `/rooms/${_id}`);
    expect(await room.json()).toEqual({ name: 'by form', _id, mediaConfiguration: 'VP8' });
  });

  it('refuses a PUT without a name in the words of Licode, and bodies that are malformed', async () => {
    const { _id } = await createRoom('malformed');
    for (const body of ['', {}, { options: {} }]) {
      expect(await answer(request('PUT', `/rooms/${_id}`, body))).toEqual([400, 'Invalid room']);
    }
    for (const [method, body] of [
      ['PUT', '{'],
      ['PUT', { name: 5 }],
      ['PATCH', { name: 5 }],
      ['PATCH', { options: 5 }],
      ['PATCH', { name: 'x'.repeat(300) }],
    ] as const) {
      expect(await problem(await request(method, `/rooms/${_id}`, body))).toEqual({
        status: 400,
        code: 'bad_request',
      });
    }
  });

  it('does not exist for other services, nor where the id is none', async () => {
    const { _id } = await createRoom('mine');
    const eve = await otherService('stranger');
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : { name: 'theirs' };
      for (const id of [_id, 'ffffffffffffffffffffffff', 'nonsense', '%00']) {
        expect(await answer(request(method, `/rooms/${id}`, body, eve))).toEqual(noRoom);
      }
    }
    expect(await (await request('GET', `/rooms/${_id}`)).json()).toMatchObject({ name: 'mine' });
  });
});

describe('DELETE /rooms/:room', () => {
  it('empties the room on its controllers, refuses its tokens and forgets it', async () => {
    const node = await startNode('eu-west');
    const { _id: roomId } = await createRoom('doomed');
    const [used, fresh] = [
      await (await createToken(roomId)).text(),
      await (await createToken(roomId)).text(),
    ];
    expect((await postJson('/join', { token: used })).status).toBe(200);
    await node.enter(roomId, someFacts());
    expect(await answer(request('DELETE', `/rooms/${roomId}`))).toEqual([200, 'Room deleted']);
    expect(await node.deletions.take()).toBe(roomId);
    const nodeObject = env.NODE.get(env.NODE.idFromName(node.card.nodeId));
    expect(await rowsOf(nodeObject, ['rooms'])).toEqual([0]);
    expect(await problem(await postJson('/join', { token: fresh }))).toEqual({
      status: 404,
      code: 'not_found',
    });
    expect(await answer(createToken(roomId))).toEqual(noRoom);
    expect(await answer(request('GET', `/rooms/${roomId}`))).toEqual(noRoom);
    expect(await answer(request('DELETE', `/rooms/${roomId}`))).toEqual(noRoom);
    expect((await listed()).map(({ _id }) => _id)).not.toContain(roomId);
    const facts = someFacts();
    await expect(node.enter(roomId, facts)).rejects.toMatchObject({ code: 'not_found' });
    await expect(node.peer.call('room.facts', { roomId, facts })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await rowsOf(roomObject(roomId), ['room', 'tokens', 'holders', 'streams'])).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('is gone on with when it was interrupted', async () => {
    const node = await startNode('us-east');
    const { _id: roomId } = await createRoom('half deleted');
    await node.enter(roomId, someFacts());
    await runInDurableObject(roomObject(roomId), (_, { storage }) => {
      storage.sql.exec('DELETE FROM room');
    });
    await evictDurableObject(roomObject(roomId));
    expect(await answer(request('DELETE', `/rooms/${roomId}`))).toEqual([200, 'Room deleted']);
    expect(await node.deletions.take()).toBe(roomId);
  });

  it('leaves no token of those that were asked for at the same time', async () => {
    await startNode('ap-northeast');
    const rooms = await Promise.all(Array.from({ length: 8 }, () => createRoom('torn')));
    await Promise.all(
      rooms.map(async ({ _id }) => {
        // Without its picture of the mesh the room asks for one, and is deleted meanwhile.
        await evictDurableObject(roomObject(_id));
        const [token] = await Promise.all([createToken(_id), request('DELETE', `/rooms/${_id}`)]);
        expect([200, 404]).toContain(token.status);
        expect(await rowsOf(roomObject(_id), ['tokens'])).toEqual([0]);
      }),
    );
  });

  it('is not undone by a creation at the same time', async () => {
    const service = await otherService('race');
    const body = { name: 'contested', options: { getOrCreate: true } };
    const create = async (): Promise<RoomAnswer> =>
      v.parse(RoomAnswer, await (await request('POST', '/rooms', body, service)).json());
    const { _id } = await create();
    await Promise.all([create(), request('DELETE', `/rooms/${_id}`, undefined, service), create()]);
    expect(await rowsOf(roomObject(_id), ['room'])).toEqual([0]);
    const rooms = await listed(service);
    expect(rooms.map((room) => room._id)).not.toContain(_id);
    for (const room of rooms) {
      const found = await request('GET', `/rooms/${room._id}`, undefined, service);
      expect(await found.json()).toEqual(room);
    }
  });
});

async function rowsOf(object: DurableObjectStub, tables: string[]): Promise<number[]> {
  return await runInDurableObject(object, (_, { storage }) =>
    tables.map((table) =>
      Number(storage.sql.exec(`SELECT COUNT(*) AS count FROM ${table}`).one()['count']),
    ),
  );
}
