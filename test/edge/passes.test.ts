import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Mesh } from '../../edge/objects/mesh.ts';
import { Room } from '../../edge/objects/room.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { SignedToken, Token } from '../../protocol/token.ts';
import { decodeToken, encodeToken } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import {
  answer,
  clock,
  createRoom,
  createToken,
  postJson,
  problem,
  request,
  someFacts,
  startNode,
} from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';

let eu: TestNode;
let us: TestNode;

beforeAll(async () => {
  [eu, us] = await Promise.all([startNode('eu-west'), startNode('us-east')]);
});

async function passFor(
  name: string,
  body: Record<string, unknown> = {},
): Promise<{ pass: string; roomId: string }> {
  const { _id: roomId } = await createRoom(name);
  const made = await createToken(roomId, { uses: 0, ...body });
  expect(made.status).toBe(200);
  return { pass: await made.text(), roomId };
}

const join = async (token: string): Promise<Response> => await postJson('/join', { token });

async function regionsAt(token: string): Promise<string[]> {
  const { controllers } = parse(JoinAnswer, await (await join(token)).json(), 'answer');
  return controllers.map(({ region }) => region);
}

/** Counts every call of another object to rooms and to the mesh while it runs. */
async function calls(run: () => Promise<void>): Promise<Record<string, number>> {
  const methods = ['picture', 'admit', 'get', 'consumeToken', 'issueToken', 'explain'] as const;
  const spies = methods.map((method) => vi.spyOn(Room.prototype, method));
  const mesh = vi.spyOn(Mesh.prototype, 'snapshot');
  try {
    await run();
    const counts = spies.map((spy, index) => [methods[index], spy.mock.calls.length] as const);
    const all = [...counts, ['snapshot', mesh.mock.calls.length] as const];
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  } finally {
    [...spies, mesh].forEach((spy) => spy.mockRestore());
  }
}

function fieldsOf(token: string): SignedToken {
  const { tokenId, host, secure, signature, pass } = decodeToken(token);
  return { tokenId, host, secure, signature, ...(pass === undefined ? {} : { pass }) };
}

describe('a pass', () => {
  it('lets five hundred in at once without five hundred calls of the room or the mesh', async () => {
    const { pass } = await passFor('broadcast');
    const statuses: number[] = [];
    clock.pass(limits.snapshot_ms);
    const counted = await calls(async () => {
      const answers = await Promise.all(Array.from({ length: 500 }, () => join(pass)));
      statuses.push(...answers.map(({ status }) => status));
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
    // One each, where the machine is not so busy that those who wait for the one lose patience.
    expect(Object.keys(counted).toSorted()).toEqual(['picture', 'snapshot']);
    expect(Math.max(...Object.values(counted))).toBeLessThan(5);
    expect(await calls(async () => void (await join(pass)))).toEqual({});
    clock.pass(limits.roomPicture_ms);
    expect(await calls(async () => void (await join(pass)))).toEqual({ picture: 1, snapshot: 1 });
  });

  it('gives each its own client id and tickets, with the name and the role that were signed', async () => {
    const { pass, roomId } = await passFor('named');
    const [first, second] = [await join(pass), await join(pass)];
    const one = parse(JoinAnswer, await first.json(), 'answer');
    const other = parse(JoinAnswer, await second.json(), 'answer');
    expect(one.clientId).not.toBe(other.clientId);
    const { ticket = '', region } = one.controllers[0] ?? {};
    const expected = { nodeId: `${region}-1`, now_ms: Date.now() };
    const secrets = [await ticketSecretFor(`${region}-1`)];
    expect(await checkTicket(secrets, ticket, expected)).toMatchObject({
      clientId: one.clientId,
      roomId,
      userName: 'ann',
      role: 'presenter',
    });
  });

  it('keeps to its pin and to that of the room, which may change', async () => {
    const { pass, roomId } = await passFor('pinned', {
      regions: { allow: ['eu-west', 'us-east'] },
    });
    expect((await regionsAt(pass)).toSorted()).toEqual(['eu-west', 'us-east']);
    await request('PATCH', `/rooms/${roomId}`, { options: { regions: { deny: ['eu-west'] } } });
    clock.pass(limits.roomPicture_ms);
    expect(await regionsAt(pass)).toEqual(['us-east']);
    await request('PATCH', `/rooms/${roomId}`, {
      options: { regions: { deny: ['eu-west', 'us-east'] } },
    });
    clock.pass(limits.roomPicture_ms);
    expect(await problem(await join(pass))).toEqual({ status: 409, code: 'pin_empty' });
  });

  it('takes viewers to the nodes that hold the room', async () => {
    for (const node of [eu, us]) {
      const { pass, roomId } = await passFor('held');
      await node.enter(roomId, someFacts());
      // Nobody knows where they are, and so no region is nearer than the one that has the room.
      expect((await regionsAt(pass))[0]).toBe(node.card.region);
    }
  });

  it('is worth nothing when its time is over', async () => {
    const { pass } = await passFor('short', { ttl_s: 5 });
    expect((await join(pass)).status).toBe(200);
    clock.pass(5_000);
    expect(await problem(await join(pass))).toEqual({ status: 401, code: 'token_expired' });
  });

  it('is refused where it is forged, taken from another token, or nothing that we signed', async () => {
    const { pass } = await passFor('forged');
    const other = decodeToken((await passFor('other')).pass);
    const ordinary = await (await createToken((await createRoom('ordinary'))._id)).text();
    const withPass = (token: string, signed: string | undefined): string => {
      const fields: Token = { ...decodeToken(token) };
      return encodeToken({ ...fields, ...(signed === undefined ? {} : { pass: signed }) });
    };
    const { tickets } = await joinTickets(pass);
    for (const forged of [
      withPass(pass, other.pass),
      withPass(ordinary, other.pass),
      withPass(pass, `${decodeToken(pass).pass?.slice(0, -8)}AAAAAAAA`),
      withPass(pass, 'nonsense'),
      withPass(pass, tickets[0]),
    ]) {
      expect(await problem(await join(forged))).toEqual({ status: 401, code: 'token_forged' });
    }
    const { pass: _, ...stripped } = decodeToken(pass);
    expect(await problem(await join(encodeToken(stripped)))).toEqual({
      status: 401,
      code: 'token_expired',
    });
  });

  it('is refused soon after its room was deleted', async () => {
    const { pass, roomId } = await passFor('deleted');
    expect((await join(pass)).status).toBe(200);
    await request('DELETE', `/rooms/${roomId}`);
    clock.pass(limits.roomPicture_ms);
    expect(await problem(await join(pass))).toEqual({ status: 404, code: 'not_found' });
    const counted = await calls(async () => void (await Promise.all([join(pass), join(pass)])));
    expect(counted).toEqual({});
  });
});

async function joinTickets(token: string): Promise<{ tickets: string[] }> {
  const { controllers } = parse(JoinAnswer, await (await join(token)).json(), 'answer');
  return { tickets: controllers.map(({ ticket }) => ticket) };
}

describe('DELETE /rooms/:room/tokens', () => {
  it('revokes what there is, and not what is made afterwards', async () => {
    const { pass, roomId } = await passFor('revoked');
    const token = await (await createToken(roomId)).text();
    expect((await join(pass)).status).toBe(200);
    expect(await answer(request('DELETE', `/rooms/${roomId}/tokens`))).toEqual([
      200,
      'Tokens revoked',
    ]);
    expect(await problem(await join(token))).toEqual({ status: 401, code: 'token_expired' });
    const later = await (await createToken(roomId, { uses: 0 })).text();
    expect((await join(later)).status).toBe(200);
    expect(await problem(await join(pass))).toEqual({ status: 401, code: 'token_revoked' });
    expect((await join(await (await createToken(roomId)).text())).status).toBe(200);
  });

  it('reaches the isolates that have seen the room within its time', async () => {
    const { pass, roomId } = await passFor('revoked later');
    expect((await join(pass)).status).toBe(200);
    await request('DELETE', `/rooms/${roomId}/tokens`);
    clock.pass(limits.roomPicture_ms);
    expect(await problem(await join(pass))).toEqual({ status: 401, code: 'token_revoked' });
  });
});

describe('a pass that Licode’s client brings to a controller', () => {
  it('lets it in as often as it comes, at the host that was signed, without the room', async () => {
    const { pass, roomId } = await passFor('licode', { regions: { allow: ['eu-west'] } });
    const token = fieldsOf(pass);
    const visitor = { roomId, userName: 'ann', role: 'presenter' };
    const counted = await calls(async () => {
      for (const _ of Array.from({ length: 20 })) {
        expect(await eu.peer.call('token.consume', { token })).toMatchObject(visitor);
      }
    });
    expect(counted).toEqual({ picture: 1 });
    await expect(us.peer.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_wrong_host',
    });
  });

  it('is refused where it was revoked or has expired, and outside what the room allows now', async () => {
    const { pass, roomId } = await passFor('licode pinned', {
      regions: { allow: ['eu-west', 'us-east'] },
      location: eu.card.place,
    });
    const consume = (): Promise<unknown> =>
      eu.peer.call('token.consume', { token: fieldsOf(pass) });
    await consume();
    const regions = { allow: ['us-east'] };
    await request('PATCH', `/rooms/${roomId}`, { options: { regions } });
    clock.pass(limits.roomPicture_ms);
    await eu.peer.call('node.keepAlive', {
      load: { rooms: 0, clients: 0, cpu: 0, state: 'available' },
    });
    await expect(consume()).rejects.toMatchObject({ code: 'token_wrong_host' });
    await request('DELETE', `/rooms/${roomId}/tokens`);
    clock.pass(limits.roomPicture_ms);
    await expect(consume()).rejects.toMatchObject({ code: 'token_revoked' });
    clock.pass(limits.token_ttl_s * 1000);
    await expect(consume()).rejects.toMatchObject({ code: 'token_expired' });
  });
});
