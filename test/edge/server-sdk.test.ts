import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Rizoma } from 'rizoma/server';
import { connect, EdgeError } from 'rizoma/server';
import { newUuid } from '../../protocol/ids.ts';
import { decodeToken } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import { ask, origin, postJson, problem, startNode } from './support.ts';

/** The client of a service, its requests going to the Worker under test. */
function clientOf(serviceId: string, key: string): Rizoma {
  const fetch = async (url: string, init: RequestInit): Promise<Response> =>
    await ask(url.slice(origin.length), init);
  // The first request of all starts the Worker, which a busy machine takes its time for.
  return connect({ url: `${origin}/`, serviceId, key, fetch, timeout_ms: 60_000 });
}

const superservice = clientOf(env.NUVE_SUPERSERVICE_ID, env.NUVE_SUPERSERVICE_KEY);

/** The error that a call rejects with. */
async function refusal(call: Promise<unknown>): Promise<EdgeError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof EdgeError)) {
    throw new Error(`not an EdgeError: ${String(thrown)}`);
  }
  return thrown;
}

const nowhere = 'ffffffffffffffffffffffff';

describe('an app with rizoma/server', () => {
  let app: Rizoma;
  let id: string;
  let eu: TestNode;

  beforeAll(async () => {
    id = await superservice.services.create({ name: 'an app', key: 'its key' });
    app = clientOf(id, 'its key');
    eu = await startNode('eu-west');
  });

  it('makes, finds, reads, changes and deletes rooms', async () => {
    const room = await app.rooms.create({ name: 'daily', data: { team: 'a', size: 3 } });
    expect(await app.rooms.getOrCreate({ name: 'daily' })).toEqual(room);
    expect(await app.rooms.list()).toContainEqual(room);
    await app.rooms.patch(room._id, { data: { size: 4 } });
    expect(await app.rooms.get(room._id)).toEqual({ ...room, data: { team: 'a', size: 4 } });
    await app.rooms.update(room._id, { name: 'weekly', data: { team: 'b' } });
    expect(await app.rooms.get(room._id)).toEqual({ ...room, name: 'weekly', data: { team: 'b' } });
    await app.rooms.delete(room._id);
    expect(await refusal(app.rooms.get(room._id))).toMatchObject({
      code: 'not_found',
      status: 404,
      message: 'Room does not exist',
      retryable: false,
    });
  });

  it('gives tokens that clients join with, to users of any name', async () => {
    const room = await app.rooms.create({ name: 'for tokens' });
    for (const userName of ['ann', 'zoë, the first', '안나', ' spaces ']) {
      const token = await app.tokens.create(room._id, { userName, role: 'presenter' });
      expect(decodeToken(token).host).toBe('eu-west-1.test:8030');
      expect((await postJson('/join', { token })).status).toBe(200);
    }
    const pinned = { userName: 'ben', role: 'viewer', regions: { allow: ['eu-west'] } };
    expect(decodeToken(await app.tokens.create(room._id, pinned)).regions).toEqual(pinned.regions);
    const elsewhere = { ...pinned, regions: { allow: ['atlantis'] } };
    expect(await refusal(app.tokens.create(room._id, elsewhere))).toMatchObject({
      code: 'region_unknown',
      status: 400,
      details: { region: 'atlantis' },
    });
  });

  it('takes back the tokens of a room', async () => {
    const room = await app.rooms.create({ name: 'revoked' });
    const token = await app.tokens.create(room._id, { userName: 'ann', role: 'viewer' });
    await app.tokens.revoke(room._id);
    expect(await problem(await postJson('/join', { token }))).toMatchObject({ status: 401 });
  });

  it('sees who is in a room and disconnects them by name', async () => {
    const room = await app.rooms.create({ name: 'with users' });
    const ann = { clientId: newUuid(), name: 'ann / ä', role: 'presenter' };
    eu.users = [ann];
    await eu.enter(room._id, { erizos: [], streams: [] });
    const { users, missing } = await app.users.list(room._id);
    expect(users).toMatchObject([{ id: ann.clientId, name: ann.name, role: 'presenter' }]);
    expect(missing).toEqual([]);
    expect(await app.users.get(room._id, ann.name)).toEqual(users[0]);
    await app.users.delete(room._id, ann.name);
    expect(eu.users).toEqual([]);
    expect(await refusal(app.users.get(room._id, ann.name))).toMatchObject({
      code: 'not_found',
      message: 'User does not exist',
    });
  });

  it('cannot name a user so that the path would be that of the room, and the room stays', async () => {
    const room = await app.rooms.create({ name: 'with dots' });
    for (const userName of ['.', '..', '%2e%2E', '../tokens', '', 'a\ud800']) {
      const calls = [
        () => app.users.delete(room._id, userName),
        () => app.tokens.create(room._id, { userName, role: 'presenter' }),
      ];
      for (const call of calls) {
        const { status, code } = await refusal(call());
        expect([status, code]).toEqual([undefined, 'bad_request']);
      }
    }
    expect(await refusal(app.rooms.get('..'))).toMatchObject({ code: 'bad_request' });
    expect(await app.rooms.get(room._id)).toEqual(room);
  });

  it('sees the regions, and is refused what is the superservice’s', async () => {
    expect((await app.regions()).map(({ region }) => region)).toEqual(['eu-west']);
    for (const call of [
      app.services.list(),
      app.services.get(id),
      app.services.delete(id),
      app.services.create({ name: 'x', key: 'y' }),
      app.explainPlacement({}),
      app.nodes.list(),
      app.nodes.revoke('eu-west-1'),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: 'unauthorized', status: 401 });
    }
  });

  it('is refused with a wrong key, and with what no room can be', async () => {
    const forger = clientOf(id, 'another key');
    expect(await refusal(forger.rooms.list())).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(await refusal(app.rooms.create({ name: '' }))).toMatchObject({
      code: 'bad_request',
      message: 'Invalid room',
    });
    expect(await refusal(app.rooms.create({ name: 'x'.repeat(300) }))).toMatchObject({
      code: 'bad_request',
      details: { path: 'name' },
    });
    const large = { name: 'large', data: { text: 'x'.repeat(70_000) } };
    expect(await refusal(app.rooms.create(large))).toMatchObject({
      code: 'too_large',
      status: 413,
    });
    for (const call of [
      app.rooms.update(nowhere, { name: 'x' }),
      app.rooms.patch('nonsense', {}),
      app.rooms.delete('nonsense'),
      app.tokens.create(nowhere, { userName: 'ann', role: 'viewer' }),
      app.users.list(nowhere),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: 'not_found', status: 404 });
    }
  });

  it('sets its webhook, reads it and what could not be delivered, and takes it away', async () => {
    const url = 'https://receiver.test/rizoma-server';
    const { secret } = await app.webhooks.set({ url, events: ['room_finished'] });
    expect(secret).toBeDefined();
    expect(await app.webhooks.get()).toMatchObject({ url, events: ['room_finished'], dead: 0 });
    expect(await app.webhooks.dead()).toEqual({ deadEvents: [] });
    expect(await refusal(app.webhooks.retry(newUuid()))).toMatchObject({ code: 'not_found' });
    await app.webhooks.delete();
    expect(await refusal(app.webhooks.get())).toMatchObject({ code: 'not_found' });
  });
});

it('an app changes its key, and signs with the next one from then on', async () => {
  const id = await superservice.services.create({ name: 'careful', key: 'its first key' });
  const app = clientOf(id, 'its first key');
  const key = 'its second key, which is longer';
  const { previousUntil } = await app.services.changeKey(id, { key, previous_s: 60 });
  expect(previousUntil).toEqual(new Date(Date.now() + 60_000));
  expect(await clientOf(id, key).rooms.list()).toEqual([]);
  expect(await app.rooms.list()).toEqual([]);
  const other = superservice.services.changeKey(env.NUVE_SUPERSERVICE_ID, { key });
  expect(await refusal(other)).toMatchObject({ code: 'forbidden', status: 403 });
});

describe('the superservice with rizoma/server', () => {
  it('makes, reads, lists and deletes services', async () => {
    const id = await superservice.services.create({ name: 'another', key: 'a key' });
    const service = { _id: id, name: 'another', key: 'a key', rooms: [] };
    expect(await superservice.services.get(id)).toEqual(service);
    expect(await superservice.services.list()).toContainEqual(service);
    await superservice.services.delete(id);
    expect(await refusal(superservice.services.get(id))).toMatchObject({
      code: 'not_found',
      message: 'Service not found',
    });
    const self = superservice.services.delete(env.NUVE_SUPERSERVICE_ID);
    expect(await refusal(self)).toMatchObject({ code: 'forbidden', status: 403 });
  });

  it('sees nodes, drains them, undoes that, and revokes their keys', async () => {
    await startNode('us-east');
    expect((await superservice.nodes.list()).map(({ nodeId }) => nodeId)).toContain('us-east-1');
    expect(await superservice.nodes.drain('us-east-1')).toMatchObject({ draining: true });
    expect(await superservice.nodes.undoDrain('us-east-1')).toMatchObject({ draining: false });
    await superservice.nodes.revoke('us-east-1');
    const error = await refusal(superservice.nodes.get('us-east-1'));
    expect(error).toMatchObject({ code: 'not_found', status: 404 });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('hears where a participant would be placed', async () => {
    // One of its own: on a busy machine the lease of the first may be over.
    await startNode('eu-west', 2);
    const { policy, candidates } = await superservice.explainPlacement({
      location: { lat: 53, lon: -6 },
    });
    expect(policy).toBe('nearest');
    expect(candidates.map(({ nodeId }) => nodeId)).toContain('eu-west-2');
  });
});
