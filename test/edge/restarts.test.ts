import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { Node, Room, Service, Services } from '../../edge/worker.ts';
import { RoomAnswer, ServiceAnswer } from '../../protocol/contracts/rest.ts';
import type { Death } from './deaths.ts';
import { dyingAfter, dyingBefore, dyingMeanwhile } from './deaths.ts';
import { makeApp, serviceObject, tried, roomsOf, ringAgain, alarmsOf } from './restarting.ts';
import type { TestNode } from './support.ts';
import { createRoom, createToken, postJson, request, someFacts, startNode } from './support.ts';

let eu: TestNode;
let nodes = 0;

// A new one each time, since the death of a node's object ends its link.
beforeEach(async () => {
  nodes += 1;
  eu = await startNode('eu-west', nodes);
});

describe('the creation of a room', () => {
  const deaths: Death[] = [
    dyingBefore(Service, 'authenticate'),
    dyingAfter(Service, 'authenticate'),
    dyingBefore(Service, 'makeRoom'),
    dyingAfter(Service, 'makeRoom'),
    dyingBefore(Room, 'create'),
    dyingAfter(Room, 'create'),
    dyingMeanwhile(Service, 'makeRoom', Room, 'create'),
  ];

  it.each(deaths)('leaves no room that is listed and not there, with $what', async ({ strike }) => {
    const app = await makeApp();
    const kept = await createRoom('kept', app);
    strike();
    await tried(request('POST', '/rooms', { name: 'new', options: { data: { a: 1 } } }, app));
    const rooms = await roomsOf(app);
    expect(rooms[0]).toEqual(kept);
    const made = await createRoom('new', app);
    expect(await roomsOf(app)).toEqual([...rooms, made]);
  });

  it.each(deaths)('makes one room with getOrCreate, with $what', async ({ strike }) => {
    const app = await makeApp();
    const options = { getOrCreate: true, data: { a: 1 } };
    const create = (): Promise<Response> =>
      request('POST', '/rooms', { name: 'wanted', options }, app);
    strike();
    await Promise.all([tried(create()), tried(create())]);
    const room = v.parse(RoomAnswer, await (await create()).json());
    expect(room.data).toEqual({ a: 1 });
    expect(await roomsOf(app)).toEqual([room]);
  });
});

describe('a change of a room', () => {
  it.each([
    dyingBefore(Service, 'changeRoom'),
    dyingAfter(Service, 'changeRoom'),
    dyingBefore(Room, 'change'),
    dyingAfter(Room, 'change'),
    dyingMeanwhile(Service, 'changeRoom', Room, 'change'),
  ])('is seen alike by all, with $what', async ({ strike }) => {
    const app = await makeApp();
    const { _id } = await createRoom('before', app);
    const change = { options: { data: { b: 2 } } };
    strike();
    await tried(request('PATCH', `/rooms/${_id}`, change, app));
    expect(await roomsOf(app)).toHaveLength(1);
    await request('PATCH', `/rooms/${_id}`, { name: 'after', ...change }, app);
    expect(await roomsOf(app)).toEqual([{ _id, name: 'after', data: { b: 2 } }]);
  });
});

describe('the deletion of a room', () => {
  it.each([
    dyingBefore(Service, 'deleteRoom'),
    dyingAfter(Service, 'deleteRoom'),
    dyingBefore(Room, 'delete'),
    dyingAfter(Room, 'delete'),
    dyingMeanwhile(Service, 'deleteRoom', Room, 'delete'),
    dyingBefore(Node, 'push'),
    dyingAfter(Node, 'push'),
    dyingMeanwhile(Room, 'delete', Node, 'push'),
  ])('is done in the end and told to its controllers, with $what', async ({ strike }) => {
    const app = await makeApp();
    const { _id: roomId } = await createRoom('doomed', app);
    const kept = await createRoom('kept', app);
    const token = await (await createToken(roomId, {}, app)).text();
    await eu.enter(roomId, someFacts());
    strike();
    await tried(request('DELETE', `/rooms/${roomId}`, undefined, app));
    const again = await request('DELETE', `/rooms/${roomId}`, undefined, app);
    expect([200, 404]).toContain(again.status);
    expect(await roomsOf(app)).toEqual([kept]);
    expect((await postJson('/join', { token })).status).toBe(404);
    const left = await runInDurableObject(
      env.ROOM.get(env.ROOM.idFromName(roomId)),
      (_, { storage }) => storage.sql.exec('SELECT * FROM holders').toArray(),
    );
    expect(left).toEqual([]);
  });
});

describe('the life of a service', () => {
  it.each([
    dyingBefore(Services, 'create'),
    dyingAfter(Services, 'create'),
    dyingBefore(Service, 'found'),
    dyingAfter(Service, 'found'),
    dyingMeanwhile(Services, 'create', Service, 'found'),
  ])('begins whole or not at all, with $what', async ({ strike }) => {
    const key = 'a key';
    strike();
    await tried(request('POST', '/services', { name: 'new', key }));
    const made = v.parse(
      v.string(),
      await (await request('POST', '/services', { name: 'new', key })).json(),
    );
    const list = v.parse(v.array(ServiceAnswer), await (await request('GET', '/services')).json());
    expect(list.map(({ _id }) => _id)).toContain(made);
    for (const { _id, name } of list.filter((one) => one.name === 'new')) {
      expect(await createRoom(name, { serviceid: _id, key })).toMatchObject({ name });
    }
  });

  it.each([
    dyingBefore(Services, 'delete'),
    dyingAfter(Services, 'delete'),
    dyingBefore(Service, 'remove'),
    dyingAfter(Service, 'remove'),
    dyingMeanwhile(Services, 'delete', Service, 'remove'),
    dyingBefore(Service, 'alarm'),
    dyingAfter(Service, 'alarm'),
    dyingBefore(Room, 'delete'),
    dyingAfter(Room, 'delete'),
    dyingMeanwhile(Service, 'alarm', Room, 'delete'),
  ])('ends with all of its rooms, with $what', async ({ strike }) => {
    const app = await makeApp();
    const rooms = await Promise.all(
      Array.from({ length: 3 }, (_, index) => createRoom(`room ${index}`, app)),
    );
    const path = `/services/${app.serviceid}`;
    strike();
    await tried(request('DELETE', path));
    expect([200, 404]).toContain((await request('DELETE', path)).status);
    expect((await request('GET', '/rooms', undefined, app)).status).toBe(401);
    await alarmsOf(serviceObject(app.serviceid)).catch(() => undefined);
    await ringAgain(serviceObject(app.serviceid));
    await alarmsOf(serviceObject(app.serviceid));
    const left = await Promise.all(
      rooms.map(({ _id }) =>
        runInDurableObject(env.ROOM.get(env.ROOM.idFromName(_id)), (_, { storage }) =>
          storage.sql.exec('SELECT * FROM room').toArray(),
        ),
      ),
    );
    expect(left.flat()).toEqual([]);
  });
});
