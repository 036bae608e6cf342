import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ChangeKeyAnswer, ServiceAnswer } from '../../protocol/contracts/rest.ts';
import { ServiceId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Signature } from './support.ts';
import {
  answer,
  ask,
  bearer,
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

const noService = [404, 'Service not found'];
const unknown = 'ffffffffffffffffffffffff';

async function createService(name: string): Promise<Signature & { serviceid: string }> {
  const key = `the key of ${name}`;
  const response = await request('POST', '/services/', { name, key });
  return { serviceid: v.parse(ServiceId, await response.json()), key };
}

const serviceObject = (id: string): DurableObjectStub =>
  env.SERVICE.get(env.SERVICE.idFromName(id));

describe('services', () => {
  it('are made with a key that signs requests, and are read with their rooms', async () => {
    const { serviceid, key } = await createService('an app');
    const room = await createRoom('a room of the app', { serviceid, key });
    const expected = { _id: serviceid, name: 'an app', key, rooms: [room] };
    expect(await (await request('GET', `/services/${serviceid}`)).json()).toEqual(expected);
    const response = await request('GET', '/services');
    const list = v.parse(v.array(ServiceAnswer), await response.json());
    expect(list[0]).toMatchObject({ _id: env.NUVE_SUPERSERVICE_ID, name: 'superService' });
    expect(list).toContainEqual(expected);
  });

  it('are all listed, by their names, each with all its rooms in their order', async () => {
    const names = Array.from(
      { length: 20 },
      (_, index) => `listed ${String(index).padStart(2, '0')}`,
    );
    const apps = await Promise.all(names.toReversed().map(createService));
    const [last] = apps;
    const rooms: unknown[] = [];
    for (let made = 0; made < 12; made += 1) {
      rooms.push(await createRoom(`room ${made}`, last));
    }
    const response = await request('GET', '/services');
    const list = v.parse(v.array(ServiceAnswer), await response.json());
    const listed = list.filter(({ name }) => name.startsWith('listed '));
    expect(listed.map(({ name }) => name)).toEqual(names);
    expect(listed.at(-1)?.rooms).toEqual(rooms);
    expect(listed.slice(0, -1).flatMap((service) => service.rooms)).toEqual([]);
  });

  it('are made from forms', async () => {
    const response = await ask('/services/', {
      method: 'POST',
      headers: { ...(await signed()), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'name=by+form&key=secret',
    });
    const id = v.parse(ServiceId, await response.json());
    const headers = await signed({ serviceid: id, key: 'secret' });
    expect(await (await ask('/rooms', { headers })).json()).toEqual([]);
  });

  it('are hidden from all but the superservice', async () => {
    const app = await createService('curious');
    for (const [method, path] of [
      ['POST', '/services'],
      ['GET', '/services'],
      ['GET', `/services/${app.serviceid}`],
      ['DELETE', `/services/${app.serviceid}`],
      ['GET', '/services/nonsense'],
    ] as const) {
      const body = method === 'POST' ? { name: 'mine', key: 'mine' } : undefined;
      expect(await answer(request(method, path, body, app))).toEqual([
        401,
        'Service not authorized for this action',
      ]);
    }
    expect((await request('GET', '/rooms', undefined, app)).status).toBe(200);
  });

  it('are not found where there are none', async () => {
    for (const method of ['GET', 'DELETE']) {
      for (const id of [unknown, 'nonsense', '%00']) {
        expect(await answer(request(method, `/services/${id}`))).toEqual(noService);
      }
    }
    const tables = await runInDurableObject(serviceObject(unknown), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'service'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('are refused without a name or a key', async () => {
    for (const body of [
      {},
      { name: 'x' },
      { key: 'x' },
      { name: '', key: 'x' },
      { name: 'x', key: '' },
    ]) {
      expect(await problem(await request('POST', '/services', body))).toEqual({
        status: 400,
        code: 'bad_request',
      });
    }
  });
});

describe('DELETE /services/:service', () => {
  it('refuses its requests at once and deletes its rooms', async () => {
    const node = await startNode('eu-west');
    const app = await createService('doomed');
    const rooms = await Promise.all(
      Array.from({ length: 40 }, (_, index) => createRoom(`room ${index}`, app)),
    );
    const roomId = rooms[0]?._id ?? '';
    const token = await (await createToken(roomId, {}, app)).text();
    await node.enter(roomId, someFacts());
    const path = `/services/${app.serviceid}`;
    expect(await answer(request('DELETE', path))).toEqual([200, 'Service deleted']);
    expect((await request('GET', '/rooms', undefined, app)).status).toBe(401);
    expect(await answer(request('GET', path))).toEqual(noService);
    expect(await answer(request('DELETE', path))).toEqual(noService);
    let alarms = 0;
    while (await runDurableObjectAlarm(serviceObject(app.serviceid))) {
      alarms += 1;
    }
    expect(alarms).toBe(3);
    expect(await node.deletions.take()).toBe(roomId);
    expect(await problem(await postJson('/join', { token }))).toEqual({
      status: 404,
      code: 'not_found',
    });
    const left = await runInDurableObject(serviceObject(app.serviceid), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'rooms'").toArray(),
    );
    expect(left).toEqual([]);
    expect((await request('GET', '/rooms', undefined, app)).status).toBe(401);
  });

  it('is refused for the superservice, which loses nothing', async () => {
    const room = await createRoom('stays');
    const path = `/services/${env.NUVE_SUPERSERVICE_ID}`;
    expect(await problem(await request('DELETE', path))).toEqual({
      status: 403,
      code: 'forbidden',
    });
    expect(await runDurableObjectAlarm(serviceObject(env.NUVE_SUPERSERVICE_ID))).toBe(false);
    expect(await (await request('GET', `/rooms/${room._id}`)).json()).toEqual(room);
    expect(await (await request('GET', path)).json()).toMatchObject({
      name: 'superService',
      rooms: [room],
    });
  });
});

describe('the key of a service', () => {
  const next = 'the next key of the app';
  const change = (app: Signature & { serviceid: string }, body: unknown, by: Signature = app) =>
    request('PUT', `/services/${app.serviceid}/key`, body, by);
  const statusOf = async (serviceid: string, key: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (const headers of [
      await signed({ serviceid, key }),
      await bearer({ iss: serviceid }, key),
    ]) {
      const [status] = await answer(ask('/rooms', { headers }));
      statuses.push(status);
    }
    return statuses;
  };

  it('is changed by itself, and the one before is taken for as long as it says', async () => {
    const app = await createService('that changes its key');
    const { serviceid, key = '' } = app;
    const response = await change(app, { key: next, previous_s: 100 });
    expect(await response.json()).toEqual({
      previousUntil: new Date(clock.now_ms + 100_000).toISOString(),
    });
    clock.pass(99_999);
    expect(await statusOf(serviceid, key)).toEqual([200, 200]);
    expect(await statusOf(serviceid, next)).toEqual([200, 200]);
    expect(await statusOf(serviceid, 'a third key of the app')).toEqual([401, 401]);
    clock.pass(1);
    expect(await statusOf(serviceid, key)).toEqual([401, 401]);
    expect(await statusOf(serviceid, next)).toEqual([200, 200]);
    const shown = v.parse(
      ServiceAnswer,
      await (await request('GET', `/services/${serviceid}`)).json(),
    );
    expect(shown).toEqual({ _id: serviceid, name: 'that changes its key', key: next, rooms: [] });
  });

  it('keeps the one before for hours unless it says otherwise, also where the change was sent twice', async () => {
    const app = await createService('that repeats');
    const { serviceid, key = '' } = app;
    for (const by of [app, app, { serviceid, key: next }]) {
      const { previousUntil } = v.parse(
        ChangeKeyAnswer,
        await (await change(app, { key: next }, by)).json(),
      );
      expect(Date.parse(previousUntil)).toBe(clock.now_ms + limits.previousKey_s * 1000);
    }
    expect(await statusOf(serviceid, key)).toEqual([200, 200]);
    expect(await statusOf(serviceid, next)).toEqual([200, 200]);
  });

  it('that has leaked is worth nothing at once, and its rooms stay', async () => {
    const app = await createService('that leaked its key');
    const { serviceid, key = '' } = app;
    const room = await createRoom('a room that stays', app);
    expect((await change(app, { key: next, previous_s: 0 })).status).toBe(200);
    expect(await statusOf(serviceid, key)).toEqual([401, 401]);
    const rooms = await request('GET', '/rooms', undefined, { serviceid, key: next });
    expect(await rooms.json()).toEqual([room]);
  });

  it('is changed by the superservice too, and by nobody else', async () => {
    const app = await createService('that is helped');
    const { serviceid } = app;
    const stranger = await createService('a stranger');
    const forbidden = { status: 403, code: 'forbidden' };
    expect(await problem(await change(app, { key: next }, stranger))).toEqual(forbidden);
    const path = `/services/${serviceid}/key`;
    const scoped = await bearer({ iss: serviceid, scope: 'read tokens rooms' }, app.key);
    const limited = await ask(path, {
      method: 'PUT',
      headers: scoped,
      body: JSON.stringify({ key: next }),
    });
    expect(await problem(limited)).toEqual(forbidden);
    expect((await change(app, { key: next }, {})).status).toBe(200);
    expect(await statusOf(serviceid, next)).toEqual([200, 200]);
  });

  it('of the superservice is configuration, of nobody is not found, and is no short one', async () => {
    const { NUVE_SUPERSERVICE_ID: serviceid } = env;
    expect(await problem(await change({ serviceid }, { key: next }, {}))).toEqual({
      status: 403,
      code: 'forbidden',
    });
    for (const nobody of [unknown, 'not-an-id']) {
      expect(await answer(change({ serviceid: nobody }, { key: next }, {}))).toEqual(noService);
    }
    const app = await createService('that is careless');
    for (const body of [
      {},
      { key: 'x'.repeat(limits.newKey_chars - 1) },
      { key: 'x'.repeat(limits.serviceKey_chars + 1) },
      { key: next, previous_s: -1 },
      { key: next, previous_s: limits.previousKey_longest_s + 1 },
      { key: next, previous: 5 },
    ]) {
      expect(await problem(await change(app, body))).toEqual({ status: 400, code: 'bad_request' });
    }
  });
});
