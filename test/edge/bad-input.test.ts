import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import { JoinAnswer, RoomAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { TestNode } from './support.ts';
import {
  answer,
  ask,
  bearer,
  createRoom,
  createToken,
  origin,
  postJson,
  problem,
  request,
  signed,
  startNode,
} from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';

let node: TestNode;

beforeAll(async () => {
  node = await startNode('eu-west');
});

const huge = 'x'.repeat(100 * 1024);

describe('a header of 100 KiB', () => {
  it('changes nothing where nobody looks at it', async () => {
    for (const name of ['cookie', 'x-anything', 'accept', 'origin', 'user-agent']) {
      const headers = { ...(await signed()), [name]: huge };
      expect((await ask('/rooms', { headers })).status).toBe(200);
    }
  });

  it('is no signature', async () => {
    const { authorization } = await signed();
    for (const header of [
      huge,
      `MAuth ${huge}`,
      `Bearer ${huge}`,
      `${authorization},mauth_username=${huge}`,
      `${authorization},mauth_more=${huge}`,
      'MAuth ' + 'mauth_cnonce=1,'.repeat(7_000),
    ]) {
      const response = await ask('/rooms', { headers: { authorization: header } });
      expect(await problem(response)).toEqual({ status: 401, code: 'unauthorized' });
    }
    const link = await ask('/nodes/eu-west-1/link', { headers: { authorization: huge } });
    expect(await problem(link)).toEqual({ status: 403, code: 'forbidden' });
  });

  it('is no type of a body either, which is read as JSON then', async () => {
    const headers = { ...(await signed()), 'content-type': huge };
    expect((await postJson('/rooms', { name: 'typed' }, { headers })).status).toBe(200);
  });
});

describe('a body that is nested', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each([17, 1_000])('%i levels deep is refused in words', async (levels) => {
    for (const body of [nested(levels), `{"name":"deep","data":${nested(levels)}}`]) {
      const headers = { ...(await signed()), 'content-type': 'application/json' };
      const response = await ask('/rooms', { method: 'POST', headers, body });
      expect(await response.json()).toMatchObject({
        status: 400,
        code: 'bad_request',
        detail: 'the body is nested deeper than 16 levels',
      });
    }
  });
});

describe('a body of more than 64 KiB', () => {
  /** As it comes in chunks, without saying how long it will be. */
  async function chunked(path: string, size_bytes: number): Promise<Response> {
    const text = `{"name":"chunked"${' '.repeat(size_bytes - 18)}}`;
    const pieces = text.match(/[^]{1,5000}/g) ?? [];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece === undefined) {
          controller.close();
        } else {
          controller.enqueue(new TextEncoder().encode(piece));
        }
      },
    });
    const init = { method: 'POST', body, headers: await signed(), duplex: 'half' };
    const sent = new Request(`${origin}${path}`, init);
    expect(sent.headers.has('content-length')).toBe(false);
    return await worker.fetch(sent, env, createExecutionContext());
  }

  it('is refused, though it does not say how long it is', async () => {
    expect((await chunked('/rooms', limits.restBody_bytes)).status).toBe(200);
    for (const path of ['/rooms', '/join', '/demo/token', '/services']) {
      expect(await problem(await chunked(path, limits.restBody_bytes + 1))).toEqual({
        status: 413,
        code: 'too_large',
      });
    }
  });

  it('is refused where it says so, and where no body is expected', async () => {
    const tooLarge = { status: 413, code: 'too_large' };
    const { _id } = await createRoom('no body');
    for (const [method, path] of [
      ['POST', '/rooms'],
      ['PUT', `/rooms/${_id}`],
      ['DELETE', `/rooms/${_id}`],
      ['POST', `/rooms/${_id}/tokens`],
      ['POST', '/nothing'],
    ] as const) {
      expect(await problem(await request(method, path, huge))).toEqual(tooLarge);
    }
    expect((await request('GET', `/rooms/${_id}`)).status).toBe(200);
  });
});

describe('an id that is none', () => {
  it('names nothing that there is', async () => {
    const { _id } = await createRoom('with an id');
    const noRoom = [404, 'Room does not exist'];
    for (const id of [
      'nonsense',
      _id.toUpperCase().replace(/^[0-9]/, 'F'),
      `${_id}0`,
      _id.slice(1),
      '%00',
      '%F0%9F%8E%93',
      '%E0%A4%A',
      '..%2F..%2Fservices',
      'constructor',
      '__proto__',
      `${_id}%20`,
      'x'.repeat(10_000),
    ]) {
      expect(await answer(request('GET', `/rooms/${id}`))).toEqual(noRoom);
      expect(await answer(request('DELETE', `/rooms/${id}/users/ann`))).toEqual(noRoom);
      const service = await answer(request('GET', `/services/${id}`));
      expect(service).toEqual([404, 'Service not found']);
    }
    for (const nodeId of ['NODE', 'a_b', '-a', '%00', 'x'.repeat(65)]) {
      const headers = {
        upgrade: 'websocket',
        authorization: `Bearer ${env.RIZOMA_ENROL_SECRET}`,
      };
      const link = await ask(`/nodes/${nodeId}/link`, { headers });
      expect(await problem(link)).toEqual({ status: 400, code: 'bad_request' });
    }
    expect((await request('GET', `/rooms/${_id}`)).status).toBe(200);
  });
});

/** Names as people write them, and some as only a program would. */
const names = [
  'Zoë Ünal',
  '日本語 한국어 العربية עברית',
  '👩‍👩‍👧‍👦 🎓',
  'e\u0301 is not é',
  'Doe, Jane = J.; "x" \\ <b>&amp;</b>',
  '\u202Eright to left',
  'with\nlines\tand\u0001controls',
  'a\u0000b',
  '__proto__',
  'ﬃ'.repeat(80),
];

describe('a name in any writing', () => {
  it('is kept for rooms and services as it came', async () => {
    for (const name of names) {
      const room = await createRoom(name);
      expect(room.name).toBe(name);
      expect(await (await request('GET', `/rooms/${room._id}`)).json()).toEqual(room);
      const again = { name, options: { getOrCreate: true } };
      const found = v.parse(RoomAnswer, await (await request('POST', '/rooms', again)).json());
      expect(found).toEqual(room);
      const id = await (await request('POST', '/services', { name, key: name })).json();
      const service = await (await request('GET', `/services/${String(id)}`)).json();
      expect(service).toMatchObject({ name, key: name });
      const headers = await signed({ serviceid: String(id), key: name });
      expect((await ask('/rooms', { headers })).status).toBe(200);
    }
  });

  it('reaches the controller in the ticket of its user', async () => {
    const { _id } = await createRoom('users of any name');
    const secrets = [await ticketSecretFor('eu-west-1')];
    const user = (username: string) => ({ username, role: 'viewer' });
    // A header has no line breaks and no controls; those are for the claims of a JWT.
    const inHeader = ['Zoë, 日本 🎓', 'Doe, Jane = J.; "x" \\ <b>&amp;</b>'];
    const inClaims = [...names, 'half \uD83C'];
    for (const [name, headers] of [
      ...(await Promise.all(inHeader.map(async (one) => [one, await signed(user(one))] as const))),
      ...(await Promise.all(
        inClaims.map(async (one) => [one.toWellFormed(), await bearer(user(one))] as const),
      )),
    ]) {
      const token = await (await postJson(`/rooms/${_id}/tokens`, {}, { headers })).text();
      const joined = v.parse(JoinAnswer, await (await postJson('/join', { token })).json());
      const [{ ticket } = { ticket: '' }] = joined.controllers;
      const expected = { nodeId: 'eu-west-1', now_ms: Date.now() };
      expect(await checkTicket(secrets, ticket, expected)).toMatchObject({ userName: name });
    }
  });

  it('finds its user by the path', async () => {
    const { _id } = await createRoom('found by any name');
    await node.enter(_id, { erizos: [], streams: [] });
    const users = names.map((name): RoomUser => ({ clientId: newUuid(), name, role: 'viewer' }));
    node.users = users;
    for (const { name, clientId: id } of users) {
      const path = `/rooms/${_id}/users/${encodeURIComponent(name)}`;
      expect(await (await request('GET', path)).json()).toMatchObject({ name, id });
    }
    const last = `/rooms/${_id}/users/${encodeURIComponent(names[0] ?? '')}`;
    expect(await answer(request('DELETE', last))).toEqual([200, 'Success']);
    expect(await answer(request('GET', last))).toEqual([404, 'User does not exist']);
  });

  it('that is no text at all is kept as the sign for such', async () => {
    const response = await request('POST', '/rooms', '{"name":"half \\ud83c"}');
    const room = v.parse(RoomAnswer, await response.json());
    // First: what tests say of a text with half a pair in it breaks off their own conversation.
    expect(room.name.isWellFormed()).toBe(true);
    expect(room.name).toBe('half \uFFFD');
    expect(await (await request('GET', `/rooms/${room._id}`)).json()).toEqual(room);
  });
});

describe('a field that nobody knows', () => {
  it('is passed over where Licode does so', async () => {
    const room = { name: 'with more', more: 1, options: { more: { p2p: true } } };
    const made = v.parse(RoomAnswer, await (await request('POST', '/rooms', room)).json());
    expect(made).toEqual({ _id: made._id, name: 'with more' });
    for (const method of ['PUT', 'PATCH']) {
      expect((await request(method, `/rooms/${made._id}`, room)).status).toBe(200);
    }
    const service = { name: 'with more', key: 'a key', more: 1 };
    expect((await request('POST', '/services', service)).status).toBe(200);
    expect((await request('GET', `/rooms/${made._id}?more=1`)).status).toBe(200);
  });

  it('is refused where it may be a wish that was misspelt', async () => {
    const { _id } = await createRoom('misspelt');
    const location = { lat: 1, lon: 1, more: 1 };
    for (const response of [
      createToken(_id, { region: { allow: ['eu-west'] } }),
      createToken(_id, { regions: { alow: ['eu-west'] } }),
      createToken(_id, { location }),
      postJson('/join', { token: 'x', more: 1 }),
      postJson('/demo/token', { room: 'x', name: 'x', more: 1 }),
      request('POST', '/placements/explain', { region: 'eu-west' }),
    ]) {
      expect(await problem(await response)).toEqual({ status: 400, code: 'bad_request' });
    }
  });
});
