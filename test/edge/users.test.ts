import { beforeAll, describe, expect, it } from 'vitest';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { TestNode } from './support.ts';
import { answer, createRoom, request, startNode } from './support.ts';

let eu: TestNode;
let us: TestNode;

beforeAll(async () => {
  eu = await startNode('eu-west');
  us = await startNode('us-east');
});

const user = (name: string, role = 'viewer'): RoomUser => ({ clientId: newUuid(), name, role });
const silent = new Promise<null>(() => undefined);
const noAnswer = [503, 'Erizo Controller managing this room does not respond'];
const noUser = [404, 'User does not exist'];

/** A room that the nodes hold, each with its users. */
async function roomAt(...holders: [TestNode, RoomUser[]][]): Promise<string> {
  const { _id: roomId } = await createRoom('with users');
  for (const [node, users] of holders) {
    node.users = users;
    node.answers = Promise.resolve(null);
    await node.enter(roomId, { erizos: [], streams: [] });
  }
  return `/rooms/${roomId}/users`;
}

describe('GET /rooms/:room/users', () => {
  it('answers who is in the room at all of its controllers, as Licode does', async () => {
    const [ann, bob] = [user('ann', 'presenter'), user('bob', 'of my own')];
    const path = await roomAt([eu, [ann]], [us, [bob]]);
    const response = await request('GET', `${path}/`);
    expect(response.headers.has('x-rizoma-partial')).toBe(false);
    const all = {
      publish: true,
      subscribe: true,
      record: true,
      stats: true,
      controlhandlers: true,
    };
    expect(await response.json()).toEqual([
      { name: 'ann', role: 'presenter', permissions: all, id: ann.clientId },
      { name: 'bob', role: 'of my own', permissions: {}, id: bob.clientId },
    ]);
    expect(await (await request('GET', `${path}/bob`)).json()).toMatchObject({ name: 'bob' });
    expect(await answer(request('GET', `${path}/carl`))).toEqual(noUser);
  });

  it('answers nobody where no controller holds the room', async () => {
    const path = await roomAt();
    expect(await (await request('GET', path)).json()).toEqual([]);
    expect(await answer(request('GET', `${path}/ann`))).toEqual(noUser);
    expect(await answer(request('DELETE', `${path}/ann`))).toEqual(noUser);
  });

  it('marks an answer that lacks a controller which does not answer in time', async () => {
    const path = await roomAt([eu, [user('ann')]], [us, [user('bob')]]);
    us.answers = silent;
    const [list, ann, carl] = await Promise.all([
      request('GET', path),
      request('GET', `${path}/ann`),
      request('GET', `${path}/carl`),
    ]);
    expect(list.headers.get('x-rizoma-partial')).toBe('us-east-1');
    expect(list.headers.get('access-control-expose-headers')).toMatch('X-Rizoma-Partial');
    expect(await list.json()).toMatchObject([{ name: 'ann' }]);
    expect([ann.status, ann.headers.get('x-rizoma-partial')]).toEqual([200, 'us-east-1']);
    // Carl may be at the one that does not answer.
    expect([carl.status, await carl.text()]).toEqual(noAnswer);
  });

  it('says in the words of Licode that no controller answers', async () => {
    const node = await startNode('ap-northeast', 4);
    const path = await roomAt([node, [user('ann')]]);
    node.peer.close();
    await node.ended;
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/ann'],
      ['DELETE', '/ann'],
    ] as const) {
      const response = await request(method, `${path}${suffix}`);
      expect(response.headers.get('retry-after')).toBe('5');
      expect([response.status, await response.text()]).toEqual(noAnswer);
    }
  });
});

describe('DELETE /rooms/:room/users/:user', () => {
  it('disconnects all of that name at every controller, once', async () => {
    const [bob, zoë] = [user('bob'), user('zoë / %')];
    const path = await roomAt([eu, [user('ann'), bob]], [us, [user('ann'), zoë]]);
    expect(await answer(request('DELETE', `${path}/ann`))).toEqual([200, 'Success']);
    expect([eu.users, us.users]).toEqual([[bob], [zoë]]);
    expect(await answer(request('DELETE', `${path}/ann`))).toEqual(noUser);
    const name = encodeURIComponent(zoë.name);
    expect(await answer(request('DELETE', `${path}/${name}`))).toEqual([200, 'Success']);
    expect(us.users).toEqual([]);
  });

  it('does not exist in rooms of others, and with names that nobody can have', async () => {
    const path = await roomAt([eu, [user('ann')]]);
    const elsewhere = '/rooms/ffffffffffffffffffffffff/users';
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/ann'],
      ['DELETE', '/ann'],
    ] as const) {
      expect(await answer(request(method, `${elsewhere}${suffix}`))).toEqual([
        404,
        'Room does not exist',
      ]);
    }
    expect(await answer(request('DELETE', `${path}/${'x'.repeat(300)}`))).toEqual(noUser);
  });
});
