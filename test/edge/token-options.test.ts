import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import { JoinAnswer, RoomAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { decodeToken } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import {
  cardOf,
  clock,
  connect,
  createRoom,
  createToken,
  idle,
  postJson,
  problem,
  request,
  signed,
} from './support.ts';

let eu: TestNode;

beforeAll(async () => {
  eu = await connect({ ...cardOf('eu-west'), jurisdiction: 'eu' });
  const others = await Promise.all([
    connect({ ...cardOf('us-east'), jurisdiction: 'us' }),
    connect(cardOf('ap-northeast')),
  ]);
  await Promise.all([eu, ...others].map((node) => node.register()));
});

async function tokenWith(body: unknown, roomId?: string): Promise<string> {
  return await (await createToken(roomId ?? (await createRoom('options'))._id, body)).text();
}

async function refusal(body: unknown): Promise<{ status: number; code: string }> {
  return await problem(await createToken((await createRoom('refused'))._id, body));
}

const join = async (token: string): Promise<Response> => await postJson('/join', { token });

async function regionsAt(token: string): Promise<string[]> {
  const { controllers } = parse(JoinAnswer, await (await join(token)).json(), 'answer');
  return controllers.map(({ region }) => region);
}

async function roomWith(options: unknown): Promise<string> {
  const response = await request('POST', '/rooms', { name: 'with options', options });
  return parse(RoomAnswer, await response.json(), 'room')._id;
}

describe('the uses of a token', () => {
  it('are as many as the app says, at the edge and at the controller together', async () => {
    const text = await tokenWith({ uses: 3, regions: { allow: ['eu-west'] } });
    const { tokenId, host, secure, signature } = decodeToken(text);
    const token = { tokenId, host, secure, signature };
    const statuses = await Promise.all([join(text), join(text)]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
    await eu.peer.call('token.consume', { token });
    await expect(eu.peer.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_used',
    });
    expect(await problem(await join(text))).toEqual({ status: 401, code: 'token_used' });
  });

  it('each count as somebody on the way', async () => {
    const room = await roomWith({});
    const token = await tokenWith({ uses: 5, country: 'IE' }, room);
    await Promise.all([join(token), join(token), join(token)]);
    const body = { room, country: 'IE' };
    const response = await postJson('/placements/explain', body, { headers: await signed() });
    const { candidates } = parse(ExplainAnswer, await response.json(), 'answer');
    expect(candidates[0]).toMatchObject({ nodeId: 'eu-west-1', load: { clients: 3 } });
  });
});

describe('the time of a token', () => {
  it('is what the app says, and else Licode’s three minutes', async () => {
    const [short, usual, long] = [
      await tokenWith({ ttl_s: 10 }),
      await tokenWith({}),
      await tokenWith({ ttl_s: limits.tokenLongest_ttl_s }),
    ];
    const expired = { status: 401, code: 'token_expired' };
    clock.pass(10_000);
    expect(await problem(await join(short))).toEqual(expired);
    clock.pass((limits.token_ttl_s - 10) * 1000);
    expect(await problem(await join(usual))).toEqual(expired);
    expect((await join(long)).status).toBe(200);
  });
});

describe('a body that asks for what there is not', () => {
  it('is refused', async () => {
    for (const body of [
      { ttl_s: 0 },
      { ttl_s: limits.tokenLongest_ttl_s + 1 },
      { ttl_s: 1.5 },
      { uses: -1 },
      { uses: limits.token_uses + 1 },
      { country: 'PRT' },
      { country: 'XX' },
      { jurisdiction: 'mars' },
      { regions: { jurisdiction: 5 } },
    ]) {
      expect(await refusal(body)).toEqual({ status: 400, code: 'bad_request' });
    }
  });

  it('is told which pin leaves nothing', async () => {
    const twice = { jurisdiction: 'eu', regions: { jurisdiction: 'us' } };
    expect(await refusal(twice)).toEqual({ status: 409, code: 'pin_empty' });
    const nowhere = { regions: { allow: ['eu-west'], deny: ['eu-west'] } };
    expect(await refusal(nowhere)).toEqual({ status: 409, code: 'pin_empty' });
  });
});

describe('a country', () => {
  it('is where the participant is, unless a location says better', async () => {
    expect((await regionsAt(await tokenWith({ country: 'kr' })))[0]).toBe('ap-northeast');
    const location = { lat: 40, lon: -80 };
    expect((await regionsAt(await tokenWith({ country: 'KR', location })))[0]).toBe('us-east');
  });
});

describe('a jurisdiction', () => {
  it('takes only nodes that declare it, in the pin or beside it', async () => {
    for (const body of [{ jurisdiction: 'eu' }, { regions: { jurisdiction: 'eu' } }]) {
      const token = await tokenWith({ ...body, country: 'JP' });
      expect(decodeToken(token)).toMatchObject({
        host: 'eu-west-1.test:8030',
        regions: { jurisdiction: 'eu' },
      });
      expect(await regionsAt(token)).toEqual(['eu-west']);
    }
  });

  it('that no node declares now is named in a refusal that says when to try again', async () => {
    const { _id } = await createRoom('nobody there');
    const response = await createToken(_id, { jurisdiction: 'fedramp' });
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toMatchObject({
      status: 503,
      code: 'region_empty',
      detail: expect.stringContaining('jurisdiction fedramp'),
    });
  });

  it('is a reason that an explanation names', async () => {
    const body = { jurisdiction: 'eu', country: 'JP', ttl_s: 60, uses: 0 };
    const response = await postJson('/placements/explain', body, { headers: await signed() });
    const { candidates } = parse(ExplainAnswer, await response.json(), 'answer');
    expect(candidates.map(({ nodeId, rule }) => `${nodeId} ${rule}`)).toEqual([
      'eu-west-1 pinned',
      expect.stringMatching(/ pin$/),
      expect.stringMatching(/ pin$/),
    ]);
    expect(candidates[1]?.why).toContain('jurisdiction eu');
  });
});

describe('the pin of a room', () => {
  it('holds for every token, when it is made and when it is used', async () => {
    const roomId = await roomWith({ regions: { deny: ['ap-northeast'] } });
    const token = await tokenWith({ country: 'JP' }, roomId);
    expect((await regionsAt(token)).toSorted()).toEqual(['eu-west', 'us-east']);
    const refused = await createToken(roomId, { regions: { allow: ['ap-northeast'] } });
    expect(await refused.json()).toMatchObject({
      status: 409,
      code: 'pin_empty',
      detail: expect.stringContaining('(deny ap-northeast; and allow ap-northeast)'),
    });
    const kept = await tokenWith({ regions: { allow: ['us-east'] } }, roomId);
    await request('PATCH', `/rooms/${roomId}`, { options: { regions: { allow: ['eu-west'] } } });
    expect(await problem(await join(kept))).toEqual({ status: 409, code: 'pin_empty' });
  });

  it('holds at the controller that Licode’s client comes to, and uses nothing up', async () => {
    const roomId = await roomWith({});
    const text = await tokenWith({ country: 'IE' }, roomId);
    const { tokenId, host, secure, signature } = decodeToken(text);
    const consume = async (): Promise<unknown> =>
      await eu.peer.call('token.consume', { token: { tokenId, host, secure, signature } });
    const pinTo = async (regions: unknown): Promise<void> => {
      await request('PATCH', `/rooms/${roomId}`, { options: { regions } });
    };
    await pinTo({ allow: ['us-east'] });
    await expect(consume()).rejects.toMatchObject({ code: 'token_wrong_host' });
    await pinTo({});
    expect(await consume()).toMatchObject({ roomId });
  });

  it('is a reason that an explanation names', async () => {
    const room = await roomWith({ regions: { allow: ['us-east'] } });
    const response = await postJson(
      '/placements/explain',
      { room, country: 'IE' },
      { headers: await signed() },
    );
    const { candidates } = parse(ExplainAnswer, await response.json(), 'answer');
    expect(candidates.map(({ rule }) => rule)).toEqual(['pinned', 'pin', 'pin']);
  });
});

describe('a token of the room for tests', () => {
  it('is the same for all who ask, is good many times, and then there is another one', async () => {
    const roomId = await roomWith({ test: true });
    const [first, second] = [await tokenWith({}, roomId), await tokenWith({}, roomId)];
    expect(second).toBe(first);
    expect(await tokenWith({ regions: { allow: ['eu-west'] } }, roomId)).not.toBe(first);
    clock.pass(limits.token_ttl_s * 1000);
    await eu.peer.call('node.keepAlive', { load: idle });
    for (const _ of [1, 2, 3]) {
      expect((await join(first)).status).toBe(200);
    }
    const room = env.ROOM.get(env.ROOM.idFromName(roomId));
    await runInDurableObject(room, (_, { storage }) => {
      const worn = `'"usesLeft":${limits.testToken_uses - 3}', '"usesLeft":0'`;
      storage.sql.exec(`UPDATE tokens SET token = replace(token, ${worn})`);
    });
    await evictDurableObject(room);
    expect(await problem(await join(first))).toEqual({ status: 401, code: 'token_used' });
    expect(await tokenWith({}, roomId)).not.toBe(first);
  });
});
