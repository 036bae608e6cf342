import { describe, expect, it } from 'vitest';
import { DataStreams } from '../../../nodes/controller/data-streams.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import type { Neighbours } from '../../../nodes/controller/neighbours.ts';
import { PeerToPeer } from '../../../nodes/controller/p2p.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { clientWith, roomOf } from './client-kit.ts';

const nobody = { data: () => undefined } as unknown as Neighbours;

/** A subscriber and the publisher of its stream, who confirms nothing. */
function setUp() {
  const clock = new VirtualClock();
  const [publisher, subscriber] = [clientWith(clock), clientWith(clock)];
  const { parts, stream } = roomOf(publisher.client, [subscriber.client]);
  const { streamId } = stream;
  const components = { parts, members: new FakeMembers(), neighbours: nobody };
  const data = new DataStreams(components);
  const p2p = new PeerToPeer({ ...components, data });
  subscriber.client.subscriptions.set(streamId, newFlow(streamId));
  p2p.subscribe(subscriber.client, stream);
  const say = (msg: unknown): void => {
    clock.advance(1_000);
    const options = { streamId, peerSocket: publisher.client.id, msg };
    p2p.say(subscriber.client, { options });
  };
  const words = (): number =>
    publisher.heard.filter((event) => event === 'stream_message_p2p').length;
  return { publisher, say, words, p2p, parts, streamId };
}

describe('words of clients that send to each other directly', () => {
  it('are sent also to who has confirmed none of so much data that more of it is left out', () => {
    const { publisher, say, words } = setUp();
    for (let sent = 0; sent < defaults.unconfirmedMessages; sent += 1) {
      publisher.client.send('onDataStream', 'x', { bytes: 1, mayMiss: true });
    }
    const heard = publisher.heard.length;
    publisher.client.send('onDataStream', 'left out', { bytes: 1, mayMiss: true });
    expect(publisher.heard.length).toBe(heard);
    say('an offer');
    expect(words()).toBe(1);
  });

  it('are all sent, until whoever confirms none of them is ended', async () => {
    const { publisher, say, words } = setUp();
    const msg = 'x'.repeat(limits.data_bytes - 2);
    const most = Math.floor(
      (defaults.unconfirmedData_bytes * 2) / (limits.data_bytes + defaults.message_bytes),
    );
    for (let sent = 0; sent < most; sent += 1) {
      say(msg);
    }
    expect(words()).toBe(most);
    say(msg);
    await new Promise((resolve) => setImmediate(resolve));
    expect(publisher.client.gone).toBe(true);
    expect(publisher.left).toEqual(['it confirms no message']);
  });

  it('are for up to so many subscribers of a stream, in rooms of that kind alone', () => {
    const { publisher, p2p, parts, streamId } = setUp();
    const asked = (): number => publisher.heard.filter((event) => event === 'publish_me').length;
    const before = asked();
    for (let count = before; count < limits.p2pSubscribers + 1; count += 1) {
      p2p.heardBySubscriber(streamId, `far-${count}`, { type: 'publish_me' });
    }
    expect(asked()).toBe(limits.p2pSubscribers);
    p2p.heardBySubscriber(streamId, 'far-1', { type: 'unpublish_me' });
    parts.p2p = () => false;
    p2p.heardBySubscriber(streamId, 'far-1', { type: 'publish_me' });
    expect(asked()).toBe(limits.p2pSubscribers);
  });
});
