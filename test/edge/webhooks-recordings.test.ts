import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { RecordingEnd } from '../../protocol/contracts/external-media.ts';
import { limits } from '../../protocol/limits.ts';
import { answer, clock, request, startNode } from './support.ts';
import type { App, HeldRoom } from './webhook-app.ts';
import { heldRoom, newApp, nothing, ring, roomObject, rowsLeft } from './webhook-app.ts';

/** Tells of a recording, each time twice, as where the answer to the first was lost. */
async function recorded(
  { node, roomId }: Pick<HeldRoom, 'node' | 'roomId'>,
  id: string,
  end?: RecordingEnd,
): Promise<void> {
  const recording = { id, streamId: '111111111111111111', ...(end === undefined ? {} : { end }) };
  for (let count = 0; count < 2; count += 1) {
    await node.peer.call('room.recording', { roomId, recording });
    await evictDurableObject(roomObject(roomId));
  }
}

describe('a webhook for recordings', () => {
  const first = '222222222222222222';
  const second = '333333333333333333';
  const end = { why: 'limit', duration_ms: 5_000, size_bytes: 700 } as const;
  const about = (id: string): Record<string, string> => ({
    id,
    streamId: '111111111111111111',
    region: 'eu-west',
  });
  const told = async (app: App): Promise<unknown[]> =>
    (await app.heard()).flatMap((event) =>
      'recording' in event ? [[event.event, event.recording]] : [],
    );

  it('tells that they begin and how they end, once each, though it is said twice', async () => {
    const app = await newApp();
    const room = await heldRoom(app, 'recorded');
    await recorded(room, first);
    await recorded(room, second);
    await recorded(room, first, { ...end, part: 2 });
    await recorded(room, second, { ...end, why: 'failed', part: 3 });
    await recorded(room, first);
    await room.node.peer.call('room.leave', { roomId: room.roomId });
    await ring(room.roomId);
    expect(await told(app)).toEqual([
      ['recording_started', about(first)],
      ['recording_started', about(second)],
      ['recording_stopped', { ...about(first), ...end, part: 2 }],
      ['recording_failed', { ...about(second), why: 'failed', part: 3 }],
    ]);
    expect((await app.heard()).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });

  it('tells that those of a lost controller have failed, and how they ended when it is back', async () => {
    const app = await newApp();
    const room = await heldRoom(app, 'recorded and lost');
    const { node, roomId } = room;
    await recorded(room, first);
    await recorded(room, second);
    await recorded(room, second, end);
    clock.pass(limits.lease_ms);
    await runDurableObjectAlarm(env.NODE.get(env.NODE.idFromName(node.card.nodeId)));
    await ring(roomId);
    const lost = ['recording_failed', { ...about(first), why: 'node_lost' }];
    expect((await told(app)).slice(3)).toEqual([lost]);
    await expect(recorded(room, first, end)).rejects.toMatchObject({ code: 'conflict' });
    const back = { node: await startNode('eu-west', room.number), roomId };
    expect(back.node.card.nodeId).toBe(node.card.nodeId);
    await expect(recorded(back, first, end)).rejects.toMatchObject({ code: 'not_found' });
    await back.node.enter(roomId, nothing);
    await recorded(back, first);
    await recorded(back, first, end);
    await ring(roomId);
    expect((await told(app)).slice(4)).toEqual([
      ['recording_stopped', { ...about(first), ...end }],
    ]);
  });

  it('tells that they are over where their controller leaves or the room is deleted', async () => {
    const app = await newApp();
    const room = await heldRoom(app, 'recorded and deleted');
    const { node, roomId } = room;
    await recorded(room, first);
    await node.peer.call('room.leave', { roomId });
    await node.enter(roomId, nothing);
    await recorded(room, second);
    const deleted = answer(request('DELETE', `/rooms/${roomId}`, undefined, app.service));
    expect(await deleted).toEqual([200, 'Room deleted']);
    await ring(roomId);
    expect(await told(app)).toEqual([
      ['recording_started', about(first)],
      ['recording_failed', { ...about(first), why: 'node_lost' }],
      ['recording_started', about(second)],
      ['recording_stopped', { ...about(second), why: 'room_deleted' }],
    ]);
    expect(await rowsLeft(roomId)).toBe(0);
  });
});
