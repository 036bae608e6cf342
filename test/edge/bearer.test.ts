import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { challenges } from '../../protocol/credentials.ts';
import { limits } from '../../protocol/limits.ts';
import {
  answer,
  ask,
  bearer,
  clock,
  createRoom,
  postJson,
  problem,
  signed,
  startNode,
} from './support.ts';

const superservice = env.NUVE_SUPERSERVICE_ID;

describe('a request with a JWT of its service', () => {
  it('is as good as a signed one, and as often as it comes until it expires', async () => {
    const room = await createRoom('by bearer');
    const headers = await bearer();
    for (const path of ['/rooms', `/rooms/${room._id}`, '/services']) {
      expect((await ask(path, { headers })).status).toBe(200);
    }
    clock.pass(170_000);
    expect((await ask('/rooms', { headers })).status).toBe(401);
  });

  it('does what its scope allows, and nothing else', async () => {
    const room = await createRoom('by scope');
    const user = { username: 'ann', role: 'presenter' };
    const outcome = async (scope: string): Promise<string[]> => {
      const headers = await bearer({ scope, ...user });
      const answers = [
        await ask('/rooms', { headers }),
        await ask(`/rooms/${room._id}/tokens`, { method: 'DELETE', headers }),
        await postJson('/rooms', { name: 'made by scope' }, { headers }),
        await ask('/services', { headers }),
      ];
      return await Promise.all(
        answers.map(async (response) =>
          response.ok ? 'ok' : String((await problem(response)).code),
        ),
      );
    };
    expect(await outcome('read')).toEqual(['ok', 'forbidden', 'forbidden', 'forbidden']);
    expect(await outcome('tokens')).toEqual(['forbidden', 'ok', 'forbidden', 'forbidden']);
    expect(await outcome('rooms read')).toEqual(['ok', 'forbidden', 'ok', 'forbidden']);
    expect(await outcome('')).toEqual(Array.from({ length: 4 }, () => 'forbidden'));
    expect(await outcome('everything')).toEqual(Array.from({ length: 4 }, () => 'unauthorized'));
  });

  it('is good once where it has a jti, after a restart of the object too', async () => {
    const headers = await bearer({ jti: 'once', exp: Date.now() / 1000 + limits.onceJwt_ttl_s });
    const statuses = async (): Promise<string[]> => {
      const both = [ask('/rooms', { headers }), ask('/rooms', { headers })];
      return (await Promise.all(both)).map(({ status }) => String(status)).toSorted();
    };
    expect(await statuses()).toEqual(['200', '401']);
    await evictDurableObject(env.SERVICE.get(env.SERVICE.idFromName(superservice)));
    expect(await statuses()).toEqual(['401', '401']);
    // Nonces are swept while it could still pass, and it is not forgotten.
    clock.pass((limits.onceJwt_ttl_s + limits.clockSkew_s - 1) * 1000);
    expect((await ask('/rooms', { headers: await signed() })).status).toBe(200);
    expect(await statuses()).toEqual(['401', '401']);
  });

  it('is refused with the challenges of both schemes', async () => {
    const elsewhere = await bearer({ iss: 'ffffffffffffffffffffffff' });
    for (const headers of [
      await bearer({}, 'another key'),
      await bearer({ exp: Date.now() / 1000 + limits.serviceJwt_ttl_s + 2 }),
      elsewhere,
      { authorization: 'Bearer nonsense' },
      { authorization: `Bearer ${env.RIZOMA_ENROL_SECRET}` },
    ]) {
      const response = await ask('/rooms', { headers });
      expect(response.headers.get('www-authenticate')).toBe(challenges);
      expect(await problem(response)).toEqual({ status: 401, code: 'unauthorized' });
    }
  });

  it('sees the rooms of its own service alone', async () => {
    const key = 'the key of an app';
    const made = await postJson('/services', { name: 'app', key }, { headers: await bearer() });
    const iss = String(await made.json());
    const room = await createRoom('not theirs');
    const headers = await bearer({ iss }, key);
    expect(await answer(ask('/rooms', { headers }))).toEqual([200, '[]']);
    const foreign = ask(`/rooms/${room._id}`, { headers });
    expect(await answer(foreign)).toEqual([404, 'Room does not exist']);
    expect((await ask('/services', { headers })).status).toBe(401);
    const forged = await bearer({ iss: superservice }, key);
    expect((await ask('/services', { headers: forged })).status).toBe(401);
  });

  describe('for a token', () => {
    beforeAll(async () => {
      await startNode('eu-west');
    });

    it('names the user in its claims, in any writing', async () => {
      const { _id } = await createRoom('named');
      const headers = await bearer({ username: 'Zoë, 日本 🎓', role: 'presenter' });
      const token = await (await postJson(`/rooms/${_id}/tokens`, {}, { headers })).text();
      expect((await postJson('/join', { token })).status).toBe(200);
    });

    it('is refused in the words of Licode where it names none', async () => {
      const { _id } = await createRoom('nobody');
      for (const claims of [{}, { username: 'ann' }, { role: 'viewer' }]) {
        const response = postJson(`/rooms/${_id}/tokens`, {}, { headers: await bearer(claims) });
        expect(await answer(response)).toEqual([401, 'Name and role?']);
      }
    });
  });
});
