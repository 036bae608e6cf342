import { expect, it } from 'vitest';
import type { TestNode } from './support.ts';
import { limits } from '../../protocol/limits.ts';
import { clock, createRoom, someFacts, startNode } from './support.ts';

const whole = { first: 1, last: true };

it('a node takes no client or stream from another by a ticket that the edge has yet to make', async () => {
  const [honest, other] = [await startNode('eu-west'), await startNode('us-east')];
  const { _id: roomId } = await createRoom('claimed');
  const facts = someFacts();
  const [stream] = facts.streams;
  if (stream === undefined) {
    throw new Error('the facts have no stream');
  }
  const user = { clientId: stream.clientId, name: 'ann', role: 'presenter' };
  const claim = async (node: TestNode, enteredAt_ms: number): Promise<void> => {
    const claimed = { ...facts, streams: [{ ...stream, enteredAt_ms }] };
    await node.peer.call('room.enter', { roomId, facts: claimed });
    const presence = { number: 1, came: [{ ...user, enteredAt_ms }], went: [], whole };
    await node.peer.call('room.presence', { roomId, presence });
  };
  const entered_ms = clock.now_ms;
  await claim(honest, entered_ms);
  await claim(other, entered_ms + (limits.clockSkew_s + 17) * 1000);
  expect(await other.moved.take()).toEqual([user.clientId]);
  const { streams } = await honest.peer.call('room.enter', {
    ...{ roomId, facts: { ...facts, streams: [{ ...stream, enteredAt_ms: entered_ms }] } },
  });
  expect(streams.map(({ nodeId }) => nodeId)).toEqual(['eu-west-1']);
});
