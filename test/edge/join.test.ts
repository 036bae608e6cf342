import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { keptMesh } from '../../edge/objects/mesh-pictures.ts';
import { DemoTokenAnswer, JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { Token } from '../../protocol/token.ts';
import { decodeToken, encodeToken } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import { clock, createRoom, createToken, postJson, problem, startNode } from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';

let nodes: TestNode[];

beforeAll(async () => {
  nodes = await Promise.all([
    startNode('eu-west'),
    startNode('us-east'),
    startNode('ap-northeast'),
  ]);
});

async function tokenOf(name: string, body: unknown = {}): Promise<string> {
  const { _id } = await createRoom(name);
  return await (await createToken(_id, body)).text();
}

async function join(token: string, cf?: Record<string, string>): Promise<Response> {
  const init = cf === undefined ? {} : { cf };
  return await postJson('/join', { token }, init);
}

async function joined(token: string, cf?: Record<string, string>): Promise<JoinAnswer> {
  return v.parse(JoinAnswer, await (await join(token, cf)).json());
}

const regionsOf = ({ controllers }: JoinAnswer): string[] =>
  controllers.map(({ region }) => region);
const changed = (token: string, fields: Partial<Token>): string =>
  encodeToken({ ...decodeToken(token), ...fields });

describe('POST /join', () => {
  it('answers controllers, best first, each with a ticket that its node takes', async () => {
    const token = await tokenOf('join');
    const answer = await joined(token, { latitude: '48.86', longitude: '2.35' });
    expect(regionsOf(answer)).toEqual(['eu-west', 'us-east', 'ap-northeast']);
    expect(answer.controllers[0]).toMatchObject({ host: 'eu-west-1.test:8030', secure: false });
    for (const { region, ticket } of answer.controllers) {
      const expected = { nodeId: `${region}-1`, now_ms: Date.now() };
      const secrets = [await ticketSecretFor(`${region}-1`)];
      expect(await checkTicket(secrets, ticket, expected)).toMatchObject({
        clientId: answer.clientId,
        roomId: decodeToken(token).tokenId.slice(0, 24),
        userName: 'ann',
        role: 'presenter',
        region,
      });
    }
  });

  it('goes by the place of the participant before the one that the app gave', async () => {
    const location = { lat: 35, lon: 139 };
    const withCf = await joined(await tokenOf('by cf', { location }), {
      latitude: '40',
      longitude: '-80',
    });
    expect(regionsOf(withCf)[0]).toBe('us-east');
    const without = await joined(await tokenOf('by app', { location }));
    expect(regionsOf(without)[0]).toBe('ap-northeast');
  });

  it('keeps to the pin that the app set, though the client changed what it holds of it', async () => {
    const token = await tokenOf('pin', { regions: { allow: ['ap-northeast', 'us-east'] } });
    const freed = changed(token, { regions: {} });
    const answer = await joined(freed, { latitude: '48.86', longitude: '2.35' });
    expect(regionsOf(answer).toSorted()).toEqual(['ap-northeast', 'us-east']);
  });

  it('takes a token once, of two joins at the same time too, and after a restart of the room', async () => {
    const token = await tokenOf('once');
    // Without its picture of the mesh the room asks for one, and both joins are under way meanwhile.
    await evictDurableObject(roomObject(token));
    const answers = await Promise.all([join(token), join(token)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
    expect(await problem(await join(token))).toEqual({ status: 401, code: 'token_used' });
    await evictDurableObject(roomObject(token));
    expect(await problem(await join(token))).toEqual({ status: 401, code: 'token_used' });
  });

  it('refuses a token that is forged', async () => {
    const token = await tokenOf('forged');
    const other = decodeToken(await tokenOf('other'));
    for (const fields of [
      { signature: 'bm8=' },
      { host: 'us-east-1.test:8030x' },
      { tokenId: other.tokenId },
    ]) {
      expect(await problem(await join(changed(token, fields)))).toEqual({
        status: 401,
        code: 'token_forged',
      });
    }
    expect((await join(token)).status).toBe(200);
  });

  it('refuses a token that is malformed, and a body without one', async () => {
    for (const token of ['nonsense', btoa('nonsense'), btoa('{}'), btoa('{"tokenId":"x"}')]) {
      expect(await problem(await join(token))).toEqual({ status: 400, code: 'token_malformed' });
    }
    for (const body of [{}, { token: '' }, { token: 5 }, { token: 'x', more: 1 }, null]) {
      expect(await problem(await postJson('/join', body))).toEqual({
        status: 400,
        code: 'bad_request',
      });
    }
  });

  it('refuses a token that has expired, before it was swept and after', async () => {
    const token = await tokenOf('expired');
    clock.pass(limits.token_ttl_s * 1000);
    const expired = { status: 401, code: 'token_expired' };
    expect(await problem(await join(token))).toEqual(expired);
    expect(await runDurableObjectAlarm(roomObject(token))).toBe(true);
    expect(await tokensIn(token)).toBe(0);
    expect(await problem(await join(token))).toEqual(expired);
  });

  it('sweeps only what has expired and is armed again for the rest', async () => {
    const { _id } = await createRoom('two tokens');
    const first = await (await createToken(_id)).text();
    clock.pass(60_000);
    await createToken(_id);
    clock.pass(limits.token_ttl_s * 1000 - 30_000);
    expect(await runDurableObjectAlarm(roomObject(first))).toBe(true);
    expect(await tokensIn(first)).toBe(1);
    clock.pass(60_000);
    expect(await runDurableObjectAlarm(roomObject(first))).toBe(true);
    expect(await tokensIn(first)).toBe(0);
    expect(await runDurableObjectAlarm(roomObject(first))).toBe(false);
  });

  it('does not use up a token that cannot be placed', async () => {
    const token = await tokenOf('region lost', { regions: { allow: ['us-east'] } });
    const object = env.MESH.get(env.MESH.idFromName('mesh'));
    const hide = async (from: string, to: string): Promise<void> => {
      await runInDurableObject(object, (_, { storage }) => {
        storage.sql.exec('UPDATE nodes SET card = replace(card, ?, ?)', from, to);
      });
      await evictDurableObject(object);
      await evictDurableObject(roomObject(token));
      keptMesh.latest = undefined;
    };
    await hide('"region":"us-east"', '"region":"us-gone"');
    const response = await join(token);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await problem(response)).toEqual({ status: 503, code: 'region_empty' });
    await hide('"region":"us-gone"', '"region":"us-east"');
    expect(regionsOf(await joined(token))).toEqual(['us-east']);
  });
});

describe('token.consume, for clients of Licode', () => {
  const signedFields = (
    token: string,
  ): Pick<Token, 'tokenId' | 'host' | 'secure' | 'signature'> => {
    const { tokenId, host, secure, signature } = decodeToken(token);
    return { tokenId, host, secure, signature };
  };

  it('is refused at the wrong host, which uses nothing up, and is good once at the right one', async () => {
    const [eu, us] = nodes;
    const text = await tokenOf('licode', { regions: { allow: ['eu-west'] } });
    const token = signedFields(text);
    await expect(us?.peer.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_wrong_host',
    });
    expect(await eu?.peer.call('token.consume', { token })).toMatchObject({
      roomId: token.tokenId.slice(0, 24),
      userName: 'ann',
      role: 'presenter',
    });
    await expect(eu?.peer.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_used',
    });
    expect(await problem(await join(text))).toEqual({ status: 401, code: 'token_used' });
  });

  it('is refused for a forged token', async () => {
    const token = { ...signedFields(await tokenOf('licode forged')), signature: 'bm8=' };
    await expect(nodes[0]?.peer.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_forged',
    });
  });
});

describe('POST /demo/token', () => {
  it('gives a token for a room by its name, pinned to the region', async () => {
    const ask = async (name: string, region?: string): Promise<string> => {
      const response = await postJson('/demo/token', { room: 'demo', name, region });
      return v.parse(DemoTokenAnswer, await response.json()).token;
    };
    const ann = await joined(await ask('ann', 'ap-northeast'));
    const bob = await joined(await ask('bob'), { latitude: '48.86', longitude: '2.35' });
    expect(regionsOf(ann)).toEqual(['ap-northeast']);
    expect(regionsOf(bob)[0]).toBe('eu-west');
    expect(bob.roomId).toBe(ann.roomId);
  });

  it('refuses a region that nobody knows and a body without names', async () => {
    const unknown = await postJson('/demo/token', {
      room: 'demo',
      name: 'ann',
      region: 'atlantis',
    });
    expect(await problem(unknown)).toEqual({ status: 400, code: 'region_unknown' });
    for (const body of [{}, { room: 'demo' }, { room: '', name: 'ann' }]) {
      expect(await problem(await postJson('/demo/token', body))).toEqual({
        status: 400,
        code: 'bad_request',
      });
    }
  });
});

function roomObject(token: string): DurableObjectStub {
  return env.ROOM.get(env.ROOM.idFromName(decodeToken(token).tokenId.slice(0, 24)));
}

async function tokensIn(token: string): Promise<number> {
  return await runInDurableObject(roomObject(token), (_, { storage }) =>
    Number(storage.sql.exec('SELECT COUNT(*) AS count FROM tokens').one()['count']),
  );
}
