import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseTicketKey, publicTicketKey } from '../../protocol/ticket.ts';
import { checkGrant } from '../../protocol/grant.ts';
import { limits } from '../../protocol/limits.ts';
import { clock, createRoom, request, startNode } from './support.ts';

const nothing = { erizos: [], streams: [] };
const key = publicTicketKey(parseTicketKey(env.RIZOMA_TICKET_KEY));

/** A room that two controllers hold, and what a grant of it says now. */
async function heldRoom(name: string) {
  const { _id: roomId } = await createRoom(name);
  const eu = await startNode('eu-west');
  const us = await startNode('us-east');
  // A pin names no region that nobody serves.
  await startNode('ap-northeast');
  const first = (await eu.enter(roomId, nothing)).grant;
  await us.enter(roomId, nothing);
  const read = (text: string, region = 'eu-west') =>
    checkGrant([key], text, { roomId, ends: [{ region }], now_ms: clock.now_ms });
  const room = env.ROOM.get(env.ROOM.idFromName(roomId));
  return { roomId, nodes: [eu, us] as const, first, read, room };
}

describe('a controller that enters a room', () => {
  it('hears whether its clients send to each other directly', async () => {
    const node = await startNode('eu-west');
    const answer = await request('POST', '/rooms', { name: 'direct', options: { p2p: true } });
    const direct = (await answer.json<{ _id: string }>())._id;
    const { _id: usual } = await createRoom('usual');
    const enter = (roomId: string) => node.enter(roomId, nothing);
    expect((await enter(direct)).p2p).toBe(true);
    expect((await enter(usual)).p2p).toBeUndefined();
  });
});

describe('the grant of a room', () => {
  it('is given to each controller that enters, and allows what the pin of the room does', async () => {
    const { roomId, nodes, first, read } = await heldRoom('granted');
    const serviceId = env.NUVE_SUPERSERVICE_ID;
    expect(await read(first)).toMatchObject({ roomId, serviceId, epoch: 0 });
    const options = { regions: { allow: ['eu-west', 'ap-northeast'], deny: ['ap-northeast'] } };
    await request('PATCH', `/rooms/${roomId}`, { options });
    const grant = await nodes[0].grants.take();
    expect(await read(grant)).toMatchObject({
      roomId,
      serviceId,
      epoch: 1,
      regions: options.regions,
    });
    await expect(read(grant, 'us-east')).rejects.toMatchObject({ code: 'forbidden' });
    const again = await nodes[0].enter(roomId, nothing);
    expect(await read(again.grant)).toMatchObject({ epoch: 1, regions: options.regions });
  });

  it('stays the same where something else of the room changes', async () => {
    const { roomId, nodes, read } = await heldRoom('granted still');
    await request('PATCH', `/rooms/${roomId}`, { options: { data: { a: 1 } } });
    const { grant } = await nodes[0].enter(roomId, nothing);
    expect(await read(grant)).toMatchObject({ epoch: 0 });
  });

  it('is renewed in half of its life, for as long as somebody holds the room', async () => {
    const { nodes, read, room } = await heldRoom('granted anew');
    await evictDurableObject(room);
    clock.pass((limits.grant_ttl_s * 1_000) / 2);
    expect(await runDurableObjectAlarm(room)).toBe(true);
    const grants = await Promise.all(nodes.map((node) => node.grants.take()));
    clock.pass((limits.grant_ttl_s * 1_000) / 2 + limits.clockSkew_s * 1_000);
    for (const grant of grants) {
      expect(await read(grant)).toMatchObject({ epoch: 0 });
    }
    const { first } = await heldRoom('another');
    clock.pass((limits.grant_ttl_s + limits.clockSkew_s) * 1_000);
    await expect(read(first)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
