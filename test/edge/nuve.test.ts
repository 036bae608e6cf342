import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { servicesOf } from '../../edge/objects/stubs.ts';
import { valueOf } from '../../edge/objects/outcome.ts';
import { challenges } from '../../protocol/credentials.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { decodeToken } from '../../protocol/token.ts';
import {
  ask,
  clock,
  createRoom,
  createToken,
  postJson,
  problem,
  signed,
  startNode,
} from './support.ts';

describe('a request of an app', () => {
  const rooms = async (authorization: string): Promise<Response> =>
    await postJson('/rooms', { name: 'a room' }, { headers: { authorization } });

  it('is refused with the challenge unless it is signed', async () => {
    const response = await ask('/rooms', { method: 'POST' });
    expect(response.headers.get('www-authenticate')).toBe(challenges);
    expect(await problem(response)).toEqual({ status: 401, code: 'unauthorized' });
  });

  it('is refused with a header that is malformed, a key that is wrong or a service that is unknown', async () => {
    const wrongKey = await signed({ key: 'another key' });
    const unknown = await signed({ serviceid: 'ffffffffffffffffffffffff' });
    for (const header of [
      'MAuth realm=x',
      'Basic x',
      wrongKey.authorization,
      unknown.authorization,
    ]) {
      const response = await rooms(header);
      expect(response.headers.get('www-authenticate')).toBe(challenges);
      expect(await problem(response)).toEqual({ status: 401, code: 'unauthorized' });
    }
  });

  it('is refused when name or role were changed after signing', async () => {
    const { authorization } = await signed({ username: 'ann', role: 'viewer' });
    const forged = authorization.replace('mauth_role=viewer', 'mauth_role=presenter');
    expect((await rooms(forged)).status).toBe(401);
  });

  it('is taken once and refused when it is sent again, after a restart of the object too', async () => {
    const { authorization } = await signed();
    expect((await rooms(authorization)).status).toBe(200);
    expect((await rooms(authorization)).status).toBe(401);
    await evictDurableObject(env.SERVICE.get(env.SERVICE.idFromName(env.NUVE_SUPERSERVICE_ID)));
    // Known to be used, or perhaps lost with the object: in both cases it is refused.
    expect([401, 503]).toContain((await rooms(authorization)).status);
    clock.pass(1_000);
    expect((await rooms((await signed()).authorization)).status).toBe(200);
  });

  it('may overtake another one', async () => {
    const now = Date.now();
    const first = await signed({ timestamp: String(now) });
    const second = await signed({ timestamp: String(now + 5) });
    expect((await rooms(second.authorization)).status).toBe(200);
    expect((await rooms(first.authorization)).status).toBe(200);
  });

  it('is refused when its clock is off by more than the skew that is allowed', async () => {
    for (const off_s of [-limits.clockSkew_s - 5, limits.clockSkew_s + 5]) {
      const { authorization } = await signed({ timestamp: String(Date.now() + off_s * 1000) });
      expect((await rooms(authorization)).status).toBe(401);
    }
  });

  it('stays refused for as long as its timestamp could pass', async () => {
    const timestamp = String(Date.now() + limits.clockSkew_s * 1000);
    const { authorization } = await signed({ timestamp });
    expect((await rooms(authorization)).status).toBe(200);
    for (const later_s of [limits.clockSkew_s + 1, limits.clockSkew_s - 2]) {
      clock.pass(later_s * 1000);
      expect((await rooms((await signed()).authorization)).status).toBe(200);
      expect((await rooms(authorization)).status).toBe(401);
    }
  });
});

describe('POST /rooms', () => {
  const post = async (
    body: string,
    type = 'application/json',
    path = '/rooms',
  ): Promise<Response> =>
    await ask(path, {
      method: 'POST',
      body,
      headers: { ...(await signed()), 'content-type': type },
    });

  it('answers the room as Licode does', async () => {
    const options = { p2p: true, data: { a: 'b' }, mediaConfiguration: 'VP8', other: 1 };
    const room = v.parse(
      RoomAnswer,
      await (await post(JSON.stringify({ name: 'full', options }))).json(),
    );
    expect(room).toEqual({
      _id: room._id,
      name: 'full',
      p2p: true,
      data: { a: 'b' },
      mediaConfiguration: 'VP8',
    });
  });

  it('takes a form, and the path with a slash at its end', async () => {
    const form = 'name=by+form&options[p2p]=false&options[mediaConfiguration]=VP8';
    const response = await post(form, 'application/x-www-form-urlencoded', '/rooms/');
    expect(await response.json()).toMatchObject({ name: 'by form', mediaConfiguration: 'VP8' });
  });

  it('takes JSON whose type says that it is a form, as curl sends it', async () => {
    const response = await post('{"name":"by curl"}', 'application/x-www-form-urlencoded');
    expect(await response.json()).toMatchObject({ name: 'by curl' });
  });

  it('makes a new room of the same name, or finds it with getOrCreate', async () => {
    const first = await createRoom('twice');
    const second = await createRoom('twice');
    expect(second._id).not.toBe(first._id);
    const body = JSON.stringify({ name: 'twice', options: { getOrCreate: true } });
    expect(await (await post(body)).json()).toEqual(first);
  });

  it('refuses a room without a name in the words of Licode', async () => {
    for (const body of ['', '{}', '[]', '{"options":{}}', '{"name":""}']) {
      const response = await post(body);
      expect([response.status, await response.text()]).toEqual([400, 'Invalid room']);
    }
  });

  it('refuses a body that is malformed or too large', async () => {
    for (const body of ['{', '5', '{"name":5}', `{"name":"${'x'.repeat(300)}"}`]) {
      expect(await problem(await post(body))).toEqual({ status: 400, code: 'bad_request' });
    }
    const large = await post(`{"name":"${'x'.repeat(limits.restBody_bytes)}"}`);
    expect(await problem(large)).toEqual({ status: 413, code: 'too_large' });
  });
});

describe('POST /rooms/:room/tokens', () => {
  it('says in the words of Licode that nobody can serve', async () => {
    const { _id } = await createRoom('lonely');
    const response = await createToken(_id);
    expect([response.status, await response.text()]).toEqual([404, 'No Erizo Controller found']);
  });

  describe('with nodes', () => {
    beforeAll(async () => {
      await startNode('eu-west');
      await startNode('us-east');
    });

    it('answers the token as text, for the host that the place of the participant gives', async () => {
      const { _id } = await createRoom('with place');
      const response = await createToken(_id, { location: { lat: 40, lon: -80 } });
      expect(response.headers.get('content-type')).toMatch('text/plain');
      const token = decodeToken(await response.text());
      expect(token).toMatchObject({
        host: 'us-east-1.test:8030',
        secure: false,
        edge: 'https://edge.public.test',
        regions: {},
      });
      expect(token.tokenId.startsWith(_id)).toBe(true);
    });

    it('places the host within the pin', async () => {
      const { _id } = await createRoom('pinned');
      const regions = { allow: ['eu-west'] };
      const response = await createToken(_id, { regions, location: { lat: 40, lon: -80 } });
      expect(decodeToken(await response.text())).toMatchObject({
        host: 'eu-west-1.test:8030',
        regions,
      });
    });

    it('refuses a pin on a region that nobody knows and names those that are known', async () => {
      const { _id } = await createRoom('unknown region');
      const response = await createToken(_id, { regions: { allow: ['atlantis'] } });
      expect(await response.json()).toMatchObject({
        status: 400,
        code: 'region_unknown',
        details: { region: 'atlantis', known: ['eu-west', 'us-east'] },
      });
    });

    it('refuses a signature without name and role', async () => {
      const { _id } = await createRoom('nameless');
      const response = await postJson(`/rooms/${_id}/tokens`, {}, { headers: await signed() });
      expect([response.status, await response.text()]).toEqual([401, 'Name and role?']);
    });

    it('refuses a room that is unknown, malformed or of another service', async () => {
      const { _id } = await createRoom('mine');
      const key = 'the key of another service';
      const serviceid = await valueOf(servicesOf(env).create({ name: 'other', key }));
      const headers = await signed({ serviceid, key, username: 'eve', role: 'presenter' });
      const foreign = await postJson(`/rooms/${_id}/tokens`, {}, { headers });
      expect([foreign.status, await foreign.text()]).toEqual([404, 'Room does not exist']);
      for (const roomId of ['ffffffffffffffffffffffff', 'nonsense']) {
        const response = await createToken(roomId);
        expect([response.status, await response.text()]).toEqual([404, 'Room does not exist']);
      }
      expect(await valueOf(servicesOf(env).list())).toEqual([{ id: serviceid, name: 'other' }]);
    });

    it('refuses a body that is malformed and a role that fits no ticket', async () => {
      const { _id } = await createRoom('bad bodies');
      for (const body of [
        { regions: { allow: [] } },
        { regions: 5 },
        { location: { lat: 91, lon: 0 } },
      ]) {
        expect(await problem(await createToken(_id, body))).toEqual({
          status: 400,
          code: 'bad_request',
        });
      }
      const headers = await signed({ username: 'ann', role: 'r'.repeat(65) });
      const response = await postJson(`/rooms/${_id}/tokens`, {}, { headers });
      expect(await problem(response)).toEqual({ status: 400, code: 'bad_request' });
    });
  });
});

describe('what was signed', () => {
  it('is used once it came, in whatever fields it comes again', async () => {
    const user = { username: 'ann', role: 'viewer', cnonce: 'in other fields' };
    const { authorization } = await signed(user);
    expect((await ask('/rooms', { headers: { authorization } })).status).toBe(200);
    const inCnonce = authorization
      .replace('mauth_username=ann,mauth_role=viewer,', '')
      .replace('mauth_cnonce=in other fields', 'mauth_cnonce=in other fields,ann,viewer');
    for (const again of [authorization, inCnonce]) {
      const response = await ask('/rooms', { headers: { authorization: again } });
      expect(await problem(response)).toEqual({ status: 401, code: 'unauthorized' });
    }
  });
});
