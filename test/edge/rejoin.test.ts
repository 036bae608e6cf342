import { beforeAll, describe, expect, it } from 'vitest';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { TestNode } from './support.ts';
import {
  clock,
  createRoom,
  createToken,
  postJson,
  problem,
  request,
  someFacts,
  startNode,
} from './support.ts';
import { ticketKeysOf } from './ticket-keys.ts';

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

const rejoin = (reentry: string): Promise<Response> => postJson('/rejoin', { reentry });

async function answerOf(response: Response): Promise<JoinAnswer> {
  return parse(JoinAnswer, await response.json(), 'answer');
}

async function read(ticket: string, { card: { nodeId } }: TestNode) {
  return await checkTicket(await ticketKeysOf(nodeId), ticket, { nodeId, now_ms: Date.now() });
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

  it('is worth nothing a day after the join, or where the edge did not sign it', async () => {
    const { reentry, controllers } = await joined('old');
    for (const forged of [`${reentry.slice(0, -8)}AAAAAAAA`, controllers[0]?.ticket ?? '', 'x']) {
      expect(await problem(await rejoin(forged))).toEqual({ status: 401, code: 'token_forged' });
    }
    expect((await postJson('/rejoin', {})).status).toBe(400);
    clock.pass(limits.reentry_ttl_s * 1000);
    expect(await problem(await rejoin(reentry))).toEqual({ status: 401, code: 'token_expired' });
  });

  it('tells controllers that enter the room who was removed a moment ago', async () => {
    const { roomId } = await joined('told');
    await request('DELETE', `/rooms/${roomId}/users/ann`);
    const entered = await us.peer.call('room.enter', { roomId, facts: someFacts() });
    expect(entered.removed).toMatchObject([{ name: 'ann' }]);
    clock.pass((limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1000);
    // Its lease has ended meanwhile, and it registers anew.
    const other = await startNode('ap-northeast', 71);
    const later = await other.peer.call('room.enter', { roomId, facts: someFacts() });
    expect(later.removed).toEqual([]);
  });
});

describe('a client that is at two controllers', () => {
  it('is to leave the one with the older ticket, whichever tells of it last', async () => {
    const [older, newer] = await Promise.all([startNode('eu-west', 72), startNode('us-east', 73)]);
    const { roomId, clientId } = await joined('twice');
    const told = (enteredAt_ms: number) => ({
      roomId,
      presence: {
        number: 1,
        came: [{ clientId, name: 'ann', role: 'presenter', enteredAt_ms }],
        went: [],
        whole: { first: 1, last: true },
      },
    });
    for (const node of [older, newer]) {
      await node.peer.call('room.enter', { roomId, facts: { erizos: [], streams: [] } });
    }
    await newer.peer.call('room.presence', told(2_000));
    await older.peer.call('room.presence', told(1_000));
    expect(await older.moved.take()).toEqual([clientId]);
    const again = told(3_000);
    again.presence.number = 2;
    await older.peer.call('room.presence', {
      ...again,
      presence: { ...again.presence, whole: { first: 2, last: true } },
    });
    expect(await newer.moved.take()).toEqual([clientId]);
  });
});
