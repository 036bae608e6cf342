import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AuditLine } from '../../edge/audit-line.ts';
import { JoinAnswer, RoomAnswer } from '../../protocol/contracts/rest.ts';
import { ServiceId } from '../../protocol/ids.ts';
import { loggedLines } from './logged.ts';
import {
  ask,
  bearer,
  clock,
  createRoom,
  createToken,
  postJson,
  request,
  signed,
  startNode,
} from './support.ts';

const lines = loggedLines();
const superservice = env.NUVE_SUPERSERVICE_ID;

/** The audit lines so far, each of which has to be as the schema says; they are gone afterwards. */
function audited(): Partial<v.InferOutput<typeof AuditLine>>[] {
  const all = lines.map((line): unknown => JSON.parse(line));
  const ours = all.filter((line) => v.is(v.looseObject({ log: v.literal('audit') }), line));
  lines.length = 0;
  return ours.map((line) => v.parse(AuditLine, line));
}

const wrongly = async (): Promise<Record<string, string>> => await signed({ key: 'a guess' });

describe('a change by REST', () => {
  it('leaves a line that says who asked for what, when, and what came of it', async () => {
    const headers = { ...(await signed()), 'x-request-id': 'the-first' };
    const made = await postJson('/rooms', { name: 'audited' }, { headers });
    const { _id: roomId } = v.parse(RoomAnswer, await made.json());
    expect(audited()).toEqual([
      {
        ...{ level: 'info', message: 'a change was asked for', object: 'worker', log: 'audit' },
        at: new Date(clock.now_ms).toISOString(),
        ...{ requestId: 'the-first', method: 'POST', route: '/rooms' },
        ...{ roomId, serviceId: superservice, outcome: 'done', status: 200 },
      },
    ]);
  });

  it('leaves one for each kind of change, with the ids of what was changed', async () => {
    await startNode('eu-west');
    const { _id: roomId } = await createRoom('changed');
    const key = 'the key of an app';
    const id = v.parse(
      ServiceId,
      await (await request('POST', '/services', { name: 'x', key })).json(),
    );
    const event = '00000000-0000-4000-8000-000000000000';
    audited();
    await postJson('/demo/token', { room: 'changed', name: 'ann' });
    await request('PUT', `/rooms/${roomId}`, { name: 'put' });
    await request('PATCH', `/rooms/${roomId}`, { name: 'patched' });
    await createToken(roomId);
    await request('DELETE', `/rooms/${roomId}/tokens`);
    await request('DELETE', `/rooms/${roomId}/users/ann`);
    await request('DELETE', `/rooms/${roomId}`);
    await request('DELETE', `/services/${id}`);
    await request('POST', '/nodes/eu-west-1/drain');
    await request('PUT', '/webhook', { url: 'https://app.example.org/' });
    await request('POST', `/webhook/dead/${event}/retry`);
    const said = audited().map(
      ({ method, route, roomId, changedServiceId, nodeId, eventId, outcome }) => {
        const ids = [roomId, changedServiceId, nodeId, eventId].filter((one) => one !== undefined);
        return [method, route, ...ids.map((one) => (one === roomId ? 'the room' : one)), outcome];
      },
    );
    expect(said).toEqual([
      ['POST', '/demo/token', 'the room', 'done'],
      ['PUT', '/rooms/:room', 'the room', 'done'],
      ['PATCH', '/rooms/:room', 'the room', 'done'],
      ['POST', '/rooms/:room/tokens', 'the room', 'done'],
      ['DELETE', '/rooms/:room/tokens', 'the room', 'done'],
      ['DELETE', '/rooms/:room/users/:user', 'the room', 'refused'],
      ['DELETE', '/rooms/:room', 'the room', 'done'],
      ['DELETE', '/services/:service', id, 'done'],
      ['POST', '/nodes/:nodeId/drain', 'eu-west-1', 'done'],
      ['PUT', '/webhook', 'done'],
      ['POST', '/webhook/dead/:event/retry', event, 'refused'],
    ]);
  });

  it('names the subject of a JWT and the id of its key', async () => {
    const headers = await bearer({ sub: 'ann of operations' }, env.NUVE_SUPERSERVICE_KEY, 'key-2');
    await postJson('/rooms', { name: 'by JWT' }, { headers });
    const [line] = audited();
    expect(line).toMatchObject({ subject: 'ann of operations', keyId: 'key-2', outcome: 'done' });
  });

  it('leaves none where nothing changes: reads, joins, dry runs', async () => {
    await startNode('eu-west');
    const { _id: roomId } = await createRoom('read');
    const token = await (await createToken(roomId)).text();
    audited();
    for (const path of ['/rooms', `/rooms/${roomId}`, '/services', '/nodes', '/webhook/dead']) {
      await request('GET', path);
    }
    const joined = v.parse(JoinAnswer, await (await postJson('/join', { token })).json());
    await postJson('/rejoin', { reentry: joined.reentry });
    await request('POST', '/placements/explain', {});
    await request('DELETE', '/rooms');
    expect(audited()).toEqual([]);
  });

  it('says nothing of bodies, tokens, names of users and paths that are no ids', async () => {
    await startNode('eu-west');
    const secret = 'xyzzy';
    const { _id: roomId } = await createRoom('quiet');
    const body = { name: secret, options: { data: { secret } } };
    await request('PUT', `/rooms/${roomId}`, body);
    await request('DELETE', `/rooms/${roomId}/users/${secret}`);
    await request('DELETE', `/rooms/${secret}`);
    await request('DELETE', `/nodes/UPPER${secret}`);
    await request('POST', '/services', { name: secret, key: secret });
    const token = await (await createToken(roomId, {}, { username: secret })).text();
    const text = JSON.stringify(audited());
    expect(text).not.toMatch(secret);
    expect(text).not.toContain(token);
    expect(text).not.toContain(env.NUVE_SUPERSERVICE_KEY);
  });
});

describe('a change that is refused', () => {
  it('for lack of right leaves a line for the first, and a sum for those that follow', async () => {
    const { _id: roomId } = await createRoom('kept');
    const scoped = async (): Promise<Response> =>
      await ask(`/rooms/${roomId}`, { method: 'DELETE', headers: await bearer({ scope: 'read' }) });
    audited();
    for (let asked = 0; asked < 5; asked += 1) {
      expect((await scoped()).status).toBe(403);
      expect((await ask('/rooms', { method: 'POST', headers: await wrongly() })).status).toBe(401);
    }
    const refused = { outcome: 'refused', level: 'warn' };
    expect(audited()).toMatchObject([
      { ...refused, method: 'DELETE', roomId, serviceId: superservice, code: 'forbidden' },
      { ...refused, method: 'POST', route: '/rooms', status: 401, code: 'unauthorized' },
    ]);
    clock.pass(10_000);
    await request('GET', '/rooms');
    expect(audited()).toMatchObject([
      { ...refused, method: 'DELETE', more: 4 },
      { ...refused, method: 'POST', route: '/rooms', more: 4 },
    ]);
    await request('GET', '/rooms');
    expect(audited()).toEqual([]);
  });

  it('names no service that nobody has shown to be', async () => {
    await ask('/services', { method: 'POST', headers: await wrongly() });
    const [line] = audited();
    expect(line).toMatchObject({ status: 401, route: '/services' });
    expect(line).not.toHaveProperty('serviceId');
  });

  it('for another reason leaves a line each, as whoever asks is known', async () => {
    audited();
    for (const name of ['', '']) {
      await request('POST', '/rooms', { name });
    }
    expect(audited()).toMatchObject([
      { status: 400, outcome: 'refused', serviceId: superservice },
      { status: 400, outcome: 'refused', serviceId: superservice },
    ]);
  });
});
