import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { RoomFacts } from '../../protocol/directory.ts';
import { applyChange } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';
import { nothing } from './restarting.ts';
import { clock, createRoom, someFacts, startNode } from './support.ts';

/** What the Room object tells the controllers of a room of what the others record. */

const recording = { recordingId: '222222222222222222', streamId: '111111111111111111' };
const recorded = (facts: RoomFacts): RoomFacts => ({ ...facts, recordings: [recording] });
const row = (nodeId: string) => ({ ...recording, nodeId });

describe('a recording in a room', () => {
  it('is told to the controllers in other regions, and to who enters later, until it is over', async () => {
    const eu = await startNode('eu-west', 41);
    const us = await startNode('us-east', 41);
    const { _id: roomId } = await createRoom('recorded by one');
    await eu.enter(roomId, someFacts());
    const before = await us.enter(roomId, nothing);
    expect(before).not.toHaveProperty('recordings');
    await eu.peer.call('room.facts', { roomId, facts: recorded(someFacts()) });
    const begun = applyChange(before, await us.changes.take());
    expect(begun?.recordings).toEqual([row('eu-west-41')]);

    const late = await startNode('ap-northeast', 41);
    const entered = await late.enter(roomId, nothing);
    expect(entered.recordings).toEqual([row('eu-west-41')]);

    // It is written down: an object that has restarted knows what is no more.
    await evictDurableObject(env.ROOM.get(env.ROOM.idFromName(roomId)));
    await eu.peer.call('room.facts', { roomId, facts: someFacts() });
    const over = applyChange(entered, await late.changes.take());
    expect(over).not.toHaveProperty('recordings');
  });

  it('is over for the others where its node is lost', async () => {
    const eu = await startNode('eu-west', 42);
    const us = await startNode('us-east', 42);
    const { _id: roomId } = await createRoom('recorded by one that is lost');
    await eu.enter(roomId, recorded(someFacts()));
    const whole = await us.enter(roomId, nothing);
    expect(whole.recordings).toEqual([row('eu-west-42')]);
    eu.peer.close();
    clock.pass(limits.lease_ms);
    await runDurableObjectAlarm(env.NODE.get(env.NODE.idFromName('eu-west-42')));
    const left = applyChange(whole, await us.changes.take());
    expect(left).not.toHaveProperty('recordings');
  });

  it('is told by one controller for so many streams, and refused beyond', async () => {
    const eu = await startNode('eu-west', 43);
    const { _id: roomId } = await createRoom('recorded too often');
    const many = (count: number): RoomFacts => ({
      ...nothing,
      recordings: Array.from({ length: count }, (_, at) => ({
        ...recording,
        recordingId: String(222_222_222_222_222_000n + BigInt(at)),
      })),
    });
    await eu.enter(roomId, many(limits.recordingsPerController));
    const more = eu.peer.call('room.facts', {
      ...{ roomId, facts: many(limits.recordingsPerController + 1) },
    });
    await expect(more).rejects.toMatchObject({ code: 'bad_request' });
  });
});
