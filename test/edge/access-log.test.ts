import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import { Problem } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { loggedLines } from './logged.ts';
import { ask, createRoom, createToken, origin, postJson, signed, startNode } from './support.ts';

const lines = loggedLines();

/** What was logged with that id, by which object; audit lines have tests of their own. */
const said = (requestId: string): unknown[] =>
  lines
    .map((line): unknown => JSON.parse(line))
    .filter((line) => v.is(v.looseObject({ requestId: v.literal(requestId) }), line))
    .filter((line) => !v.is(v.looseObject({ log: v.literal('audit') }), line));

const withId = async (id: string): Promise<Record<string, string>> => ({
  ...(await signed()),
  'x-request-id': id,
});

describe('the id of a request', () => {
  it('is the one that its caller chose, or a new one where that is none', async () => {
    const longest = 'x'.repeat(limits.requestId_chars);
    for (const id of ['4bf92f3577b34da6a3ce929d0e0e4736', 'a_b-c=', longest]) {
      const response = await ask('/healthz', { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toBe(id);
    }
    for (const id of ['', `${longest}x`, 'a b', 'a"b', '{}', 'x'.repeat(100 * 1024)]) {
      const response = await ask('/healthz', { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('is in every problem', async () => {
    for (const [path, init] of [
      ['/nothing', {}],
      ['/healthz', { method: 'POST' }],
      ['/join', { method: 'POST', body: '{}' }],
      ['/rooms', {}],
    ] as const) {
      const response = await ask(path, init);
      const { requestId } = v.parse(Problem, await response.json());
      expect(requestId).toBe(response.headers.get('x-request-id'));
    }
  });

  it('is in the lines of the objects that were asked, and of the node that is told', async () => {
    const node = await startNode('eu-west');
    const body = JSON.stringify({ name: 'logged' });
    await ask('/rooms', { method: 'POST', headers: await withId('made'), body });
    expect(said('made')).toMatchObject([
      { object: 'service', message: 'a room was made' },
      { object: 'worker', method: 'POST', route: '/rooms', status: 200 },
    ]);
    const { _id: roomId } = await createRoom('logged too');
    const token = await (await createToken(roomId)).text();
    await postJson('/join', { token }, { headers: { 'x-request-id': 'joined' } });
    expect(said('joined')).toMatchObject([
      {
        ...{ object: 'worker', method: 'POST', route: '/join', status: 200 },
        ...{ roomId, region: 'eu-west', rule: 'pinned', passedOver: '' },
      },
    ]);
    await node.enter(roomId, { erizos: [], streams: [] });
    const path = `/rooms/${roomId}`;
    await ask(path, { method: 'DELETE', headers: await withId('gone') });
    expect(said('gone')).toMatchObject([
      { object: 'room', message: 'a room was deleted', roomId },
      { object: 'worker', method: 'DELETE', route: '/rooms/:room', status: 200 },
    ]);
    expect(await node.deletions.take()).toBe(roomId);
    await ask('/nodes/eu-west-1/drain', { method: 'POST', headers: await withId('drained') });
    expect(node.requestIds).toEqual(['gone', 'drained']);
    await ask('/nodes/eu-west-1', { method: 'DELETE', headers: await withId('revoked') });
    expect(said('revoked')).toMatchObject([
      { object: 'node', message: 'a node was revoked' },
      { object: 'worker', route: '/nodes/:nodeId', status: 200 },
    ]);
  });
});

describe('the line of a request', () => {
  it('says what was asked by whom, and how it was answered', async () => {
    const path = '/rooms/ffffffffffffffffffffffff/users/ann';
    await ask(path, { headers: await withId('read') });
    expect(said('read')).toEqual([
      {
        level: 'info',
        message: 'a request was answered',
        object: 'worker',
        requestId: 'read',
        method: 'GET',
        route: '/rooms/:room/users/:user',
        status: 404,
        serviceId: env.NUVE_SUPERSERVICE_ID,
        took_ms: 0,
      },
    ]);
    await ask('/join', { method: 'POST', body: '{', headers: { 'x-request-id': 'bad' } });
    expect(said('bad')).toMatchObject([{ route: '/join', status: 400, code: 'bad_request' }]);
  });

  it('holds nothing of a path, a query, a header or a body', async () => {
    const secret = 'xyzzy';
    const headers = await signed({ username: secret, role: secret, key: secret });
    const init = { method: 'POST', body: JSON.stringify({ name: secret, token: secret }) };
    for (const path of [`/rooms?token=${secret}`, '/join', `/${secret}`, `/rooms/${secret}`]) {
      await ask(path, { ...init, headers: { ...headers, cookie: secret } });
    }
    const bindings = { ...env, RIZOMA_TICKET_KEY: secret };
    const request = new Request(`${origin}/rooms/${secret}`, { headers });
    expect((await worker.fetch(request, bindings, createExecutionContext())).status).toBe(500);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.join('\n')).not.toMatch(secret);
    expect(lines.join('\n')).not.toMatch(env.NUVE_SUPERSERVICE_KEY);
  });
});
