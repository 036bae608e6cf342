import { beforeAll, describe, expect, it } from 'vitest';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { peerIdOf } from '../../protocol/peer-id.ts';
import { signStamp } from '../../protocol/stamp.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { TestNode } from './support.ts';
import {
  clock,
  createRoom,
  createToken,
  keyOf,
  postJson,
  problem,
  request,
  someFacts,
  startNode,
} from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';
import { entryTo } from './entries.ts';

let eu: TestNode;
let us: TestNode;

beforeAll(async () => {
  [eu, us] = await Promise.all([startNode('eu-west'), startNode('us-east')]);
});

async function joined(name: string, body: Record<string, unknown> = {}) {
  const { _id: roomId } = await createRoom(name);
  const token = await (await createToken(roomId, body)).text();
  const response = await postJson('/join', { token });
  return parse(JoinAnswer, await response.json(), 'answer');
}

const rejoin = (reentry: string, stamp?: string): Promise<Response> =>
  postJson('/rejoin', { reentry, ...(stamp === undefined ? {} : { stamp }) });

/** What the controller of that node tells a client of it from time to time. */
async function stampOf(
  { card: { nodeId } }: TestNode,
  { clientId, roomId }: JoinAnswer,
  enteredAt_ms: number,
  presentAt_ms = Date.now(),
): Promise<string> {
  const secret = await ticketSecretFor(nodeId);
  const peerId = peerIdOf(await keyOf(nodeId));
  const presentAt_s = Math.floor(presentAt_ms / 1000);
  const stamp = { clientId, roomId, enteredAt_ms, presentAt_s };
  return await signStamp(secret, { nodeId, peerId }, stamp);
}

/** The node holds the room, and tells that the client is there. */
async function tellCame(node: TestNode, roomId: string, clientId: string): Promise<void> {
  await node.enter(roomId, { erizos: [], streams: [] });
  const entry = await entryTo(await node.placeIn(roomId), { clientId });
  const came = [{ ...entry, name: 'ann', role: 'presenter' }];
  const whole = { first: 1, last: true };
  const presence = { number: 1, came, went: [], whole };
  await node.peer.call('room.presence', { roomId, presence });
}

async function answerOf(response: Response): Promise<JoinAnswer> {
  return parse(JoinAnswer, await response.json(), 'answer');
}

async function read(ticket: string, { card: { nodeId } }: TestNode) {
  const secrets = [await ticketSecretFor(nodeId)];
  return await checkTicket(secrets, ticket, { nodeId, now_ms: Date.now() });
}

describe('POST /rejoin', () => {
  it('gives the same client newer tickets, as often as it needs them', async () => {
    const first = await joined('again', { regions: { allow: ['eu-west'] } });
    clock.pass(1_000);
    for (const _ of [1, 2]) {
      const again = await answerOf(await rejoin(first.reentry));
      expect(again).toMatchObject({ clientId: first.clientId, reentry: first.reentry });
      const before = await read(first.controllers[0]?.ticket ?? '', eu);
      const after = await read(again.controllers[0]?.ticket ?? '', eu);
      const { clientId, roomId, userName, role, joinedAt_ms } = before;
      expect(after).toMatchObject({ clientId, roomId, userName, role, joinedAt_ms });
      expect(after.issuedAt_ms).toBeGreaterThan(before.issuedAt_ms);
      expect(after.jti).not.toBe(before.jti);
    }
  });

  it('keeps to the pin of the token and to that of the room, which may change', async () => {
    const { roomId, reentry } = await joined('pinned', {
      regions: { allow: ['eu-west', 'us-east'] },
    });
    const regions = async (): Promise<string[]> =>
      (await answerOf(await rejoin(reentry))).controllers.map(({ region }) => region).toSorted();
    expect(await regions()).toEqual(['eu-west', 'us-east']);
    await request('PATCH', `/rooms/${roomId}`, { options: { regions: { deny: ['eu-west'] } } });
    clock.pass(limits.roomPicture_ms);
    expect(await regions()).toEqual(['us-east']);
  });

  it('lets in neither who was removed, nor where the tokens were revoked or the room deleted', async () => {
    for (const [path, status, code] of [
      ['/users/ann', 403, 'forbidden'],
      ['/tokens', 401, 'token_revoked'],
      ['', 404, 'not_found'],
    ] as const) {
      const { roomId, reentry } = await joined(`ended ${code}`);
      expect((await rejoin(reentry)).status).toBe(200);
      clock.pass(1);
      await request('DELETE', `/rooms/${roomId}${path}`);
      clock.pass(limits.roomPicture_ms);
      expect(await problem(await rejoin(reentry))).toEqual({ status, code });
    }
  });

  it('lets in again who was removed and joined with another token since', async () => {
    const { roomId } = await joined('forgiven');
    await request('DELETE', `/rooms/${roomId}/users/ann`);
    clock.pass(limits.roomPicture_ms);
    const token = await (await createToken(roomId)).text();
    const { reentry } = await answerOf(await postJson('/join', { token }));
    expect((await rejoin(reentry)).status).toBe(200);
  });

  it('lets in for 10 minutes after the join, or after the newest stamp, and for no longer', async () => {
    const minutes_ms = limits.absence_ttl_s * 1000;
    const answer = await joined('absent');
    const { reentry } = answer;
    clock.pass(minutes_ms - 1);
    expect((await rejoin(reentry)).status).toBe(200);
    const stamp = await stampOf(eu, answer, Date.now());
    clock.pass(1);
    expect(await problem(await rejoin(reentry))).toEqual({ status: 401, code: 'token_expired' });
    expect((await rejoin(reentry, stamp)).status).toBe(200);
    clock.pass(minutes_ms);
    expect(await problem(await rejoin(reentry, stamp))).toEqual({
      status: 401,
      code: 'token_expired',
    });
    expect((await rejoin(reentry, await stampOf(us, answer, Date.now()))).status).toBe(200);
  });

  it('takes a stamp of nobody but a node, and of no other client', async () => {
    const [answer, other] = [await joined('stamped'), await joined('other')];
    const { reentry } = answer;
    const forged = { status: 401, code: 'token_forged' };
    const good = await stampOf(eu, answer, Date.now());
    const ofOther = await stampOf(eu, other, Date.now());
    const secret = await ticketSecretFor(us.card.nodeId);
    const self = { nodeId: eu.card.nodeId, peerId: peerIdOf(await keyOf(eu.card.nodeId)) };
    const { clientId, roomId } = answer;
    const presentAt_s = Math.floor(Date.now() / 1000);
    const stamp = { clientId, roomId, enteredAt_ms: Date.now(), presentAt_s };
    const ofAnotherNode = await signStamp(secret, self, stamp);
    for (const bad of [ofOther, ofAnotherNode, `${good.slice(0, -8)}AAAAAAAA`, reentry, 'x']) {
      expect(await problem(await rejoin(reentry, bad))).toEqual(forged);
    }
    expect((await rejoin(reentry, good)).status).toBe(200);
    expect((await rejoin(reentry, 'x'.repeat(limits.stamp_chars + 1))).status).toBe(400);
  });

  it('is refused in words to who has left, by the join and by each stamp of that stay', async () => {
    const answer = await joined('left');
    const { reentry, roomId, clientId } = answer;
    await tellCame(eu, roomId, clientId);
    const enteredAt_ms = Date.now();
    const stamp = await stampOf(eu, answer, enteredAt_ms);
    expect((await rejoin(reentry, stamp)).status).toBe(200);
    const clients = [await entryTo(await eu.placeIn(roomId), { clientId, enteredAt_ms })];
    const left = { clients, forgotten: false };
    const presence = { number: 2, came: [], went: [clientId], left };
    await eu.peer.call('room.presence', { roomId, presence });
    clock.pass(limits.roomPicture_ms);
    const later = await stampOf(eu, answer, enteredAt_ms);
    for (const shown of [undefined, stamp, later]) {
      const response = await rejoin(reentry, shown);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({
        code: 'token_revoked',
        detail: expect.stringContaining('you have left the room'),
      });
    }
    // It is a client of the same name that came with a token of its own.
    const token = await (await createToken(roomId)).text();
    const next = await answerOf(await postJson('/join', { token }));
    expect((await rejoin(next.reentry)).status).toBe(200);
  });

  it('is refused to the last who has left, of whom the controller tells as it leaves the room', async () => {
    const { reentry, roomId, clientId } = await joined('last');
    await tellCame(eu, roomId, clientId);
    const left = {
      clients: [await entryTo(await eu.placeIn(roomId), { clientId })],
      forgotten: false,
    };
    await eu.peer.call('room.leave', { roomId, left });
    clock.pass(limits.roomPicture_ms);
    expect(await problem(await rejoin(reentry))).toEqual({ status: 401, code: 'token_revoked' });
  });

  it('is refused to all who were last there before a controller forgot who has left', async () => {
    const answer = await joined('forgotten');
    const { reentry, roomId, clientId } = answer;
    await tellCame(eu, roomId, clientId);
    const left = { clients: [], forgotten: true };
    await eu.peer.call('room.presence', {
      roomId,
      presence: { number: 2, came: [], went: [], left },
    });
    clock.pass(limits.roomPicture_ms);
    expect(await problem(await rejoin(reentry))).toEqual({ status: 401, code: 'token_revoked' });
    clock.pass(limits.clockSkew_s * 1000);
    expect((await rejoin(reentry, await stampOf(eu, answer, Date.now()))).status).toBe(200);
  });

  it('lets in who went to another controller and said goodbye to the one before', async () => {
    const answer = await joined('moved');
    const { reentry, roomId, clientId } = answer;
    await tellCame(eu, roomId, clientId);
    const first_ms = Date.now();
    clock.pass(1_000);
    await tellCame(us, roomId, clientId);
    const place = await eu.placeIn(roomId);
    const clients = [await entryTo(place, { clientId, enteredAt_ms: first_ms })];
    const left = { clients, forgotten: false };
    const presence = { number: 2, came: [], went: [clientId], left };
    await eu.peer.call('room.presence', { roomId, presence });
    clock.pass(limits.roomPicture_ms);
    expect((await rejoin(reentry)).status).toBe(200);
    await us.peer.call('room.leave', { roomId });
    // Though it is told late that it had left the first one.
    await tellCame(eu, roomId, newUuid());
    await eu.peer.call('room.leave', { roomId, left });
    clock.pass(limits.roomPicture_ms);
    const stamp = await stampOf(us, answer, first_ms + 1_000);
    expect((await rejoin(reentry, stamp)).status).toBe(200);
  });

  it('lets in whose node was lost, and by its stamps no longer than that node may be believed', async () => {
    const node = await startNode('eu-west', 74);
    const answer = await joined('lost');
    const { reentry, roomId, clientId } = answer;
    await tellCame(node, roomId, clientId);
    const enteredAt_ms = Date.now();
    await node.peer.call('node.killMe', {});
    clock.pass(limits.roomPicture_ms);
    const before = await stampOf(node, answer, enteredAt_ms);
    expect((await rejoin(reentry, before)).status).toBe(200);
    expect((await request('DELETE', `/nodes/${node.card.nodeId}`)).status).toBe(200);
    clock.pass(limits.snapshot_ms);
    expect((await rejoin(reentry, before)).status).toBe(200);
    const late_ms = Date.now() + limits.clockSkew_s * 1000;
    const after = await stampOf(node, answer, enteredAt_ms, late_ms);
    expect(await problem(await rejoin(reentry, after))).toEqual({
      status: 401,
      code: 'token_forged',
    });
  });

  it('is worth nothing a day after the join, or where the edge did not sign it', async () => {
    const answer = await joined('old');
    const { reentry, controllers } = answer;
    for (const forged of [`${reentry.slice(0, -8)}AAAAAAAA`, controllers[0]?.ticket ?? '', 'x']) {
      expect(await problem(await rejoin(forged))).toEqual({ status: 401, code: 'token_forged' });
    }
    expect((await postJson('/rejoin', {})).status).toBe(400);
    clock.pass((limits.reentry_ttl_s - 1) * 1000);
    const stamp = await stampOf(eu, answer, Date.now());
    expect((await rejoin(reentry, stamp)).status).toBe(200);
    clock.pass(1_000);
    expect(await problem(await rejoin(reentry, stamp))).toEqual({
      status: 401,
      code: 'token_expired',
    });
  });

  it('tells controllers that enter the room who was removed a moment ago', async () => {
    const { roomId } = await joined('told');
    await request('DELETE', `/rooms/${roomId}/users/ann`);
    const entered = await us.enter(roomId, someFacts());
    expect(entered.removed).toMatchObject([{ name: 'ann' }]);
    clock.pass((limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1000);
    // Its lease has ended meanwhile, and it registers anew.
    const other = await startNode('ap-northeast', 71);
    const later = await other.enter(roomId, someFacts());
    expect(later.removed).toEqual([]);
  });
});

describe('a client that is at two controllers', () => {
  it('is to leave the one with the older ticket, whichever tells of it last', async () => {
    const [older, newer] = await Promise.all([startNode('eu-west', 72), startNode('us-east', 73)]);
    const { roomId, clientId } = await joined('twice');
    const told = async (node: TestNode, enteredAt_ms: number, number = 1) => {
      const entry = await entryTo(await node.placeIn(roomId), { clientId, enteredAt_ms });
      const came = [{ ...entry, name: 'ann', role: 'presenter' }];
      const whole = { first: number, last: true };
      return { roomId, presence: { number, came, went: [], whole } };
    };
    for (const node of [older, newer]) {
      await node.enter(roomId, { erizos: [], streams: [] });
    }
    await newer.peer.call('room.presence', await told(newer, 2_000));
    await older.peer.call('room.presence', await told(older, 1_000));
    expect(await older.moved.take()).toEqual([clientId]);
    await older.peer.call('room.presence', await told(older, 3_000, 2));
    expect(await newer.moved.take()).toEqual([clientId]);
  });
});
