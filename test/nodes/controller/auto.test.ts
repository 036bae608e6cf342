import { describe, expect, it } from 'vitest';
import { elsewhere, eventually, otherFacts, otherStream, worldsOfTests } from './world.ts';

/** Streams that come to clients because they fit what those said once. */

const newWorld = worldsOfTests();

const professors = { selectors: { '/attributes/kind': 'professor' } };
const professor = { attributes: { kind: 'professor' } };

describe('autoSubscribe', () => {
  it('brings what fits, now and later, over connections that the client is told of before their offers', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    await world.publish(ann, { attributes: { kind: 'student' } });
    const first = await world.publish(ann, professor);
    const options = { audio: true, video: false, maxVideoBW: 200 };
    expect(await bob.ask('autoSubscribe', { ...professors, options })).toEqual([true]);
    const told = await bob.next('onAutomaticStreamsSubscription');
    expect(told).toMatchObject({ type: 'multiple-initializing', streamIds: [first], options });
    expect(await bob.next('stream_message_erizo')).toEqual({
      mess: told,
      options,
      context: 'auto-streams-subscription',
      peerIds: [first],
    });
    const { connectionId } = told as { connectionId: string };
    expect(await bob.next('connection_message_erizo')).toMatchObject({ connectionId });
    expect(world.erizo(0).paramsOf('addSubscriber')).toMatchObject([
      { clientId: bob.clientId, streamId: first, options: { audio: true, video: false } },
    ]);
    const second = await world.publish(ann, professor);
    const more = await bob.next('onAutomaticStreamsSubscription');
    expect(more).toMatchObject({ streamIds: [second] });
    expect(bob.left('onAutomaticStreamsSubscription')).toBe(0);
  });

  it('ends what fits no more, and leaves alone what the client asked for by itself', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const [asked, one, two] = [
      await world.publish(ann, professor),
      await world.publish(ann, professor),
      await world.publish(ann, professor),
    ];
    await world.subscribe(bob, asked);
    await bob.ask('autoSubscribe', professors);
    await eventually(() => world.erizo(0).paramsOf('addSubscriber').length === 3);
    await ann.ask('updateStreamAttributes', { id: one, attrs: { kind: 'student' } });
    const gone = { type: 'multiple-removal', streamIds: [one] };
    expect(await bob.next('onAutomaticStreamsUnsubscription')).toEqual(gone);
    await eventually(() => world.erizo(0).paramsOf('removeSubscriber').length === 1);
    await bob.ask('autoSubscribe', { ...professors, negativeSelectors: { '/id': two } });
    const also = { type: 'multiple-removal', streamIds: [two] };
    expect(await bob.next('onAutomaticStreamsUnsubscription')).toEqual(also);
    await bob.ask('autoSubscribe', {});
    expect(bob.left('onAutomaticStreamsUnsubscription')).toBe(0);
    expect(world.controller.counters().subscriptions).toBe(1);
  });

  it('brings streams of other nodes, not the client’s own, and nothing to who has gone', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await ann.ask('autoSubscribe', {
      selectors: { '/label': 'camera', '/id': otherStream.streamId },
    });
    await world.publish(ann);
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    const told = await ann.next('onAutomaticStreamsSubscription');
    expect(told).toMatchObject({ streamIds: [otherStream.streamId] });
    await ann.ask('clientDisconnection', undefined);
    await eventually(() => world.controller.counters().clients === 0);
    expect(world.controller.counters().subscriptions).toBe(0);
  });

  it('tries one again that could not be had, when streams come or go', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann, professor);
    world.erizo(0).failNext.push('forbidden');
    await bob.ask('autoSubscribe', professors);
    await eventually(() => world.controller.counters().subscriptions === 0);
    await world.publish(ann, { attributes: {} });
    expect(await bob.next('onAutomaticStreamsSubscription')).toMatchObject({
      streamIds: [streamId],
    });
  });

  it('tries one again whose way broke after it was answered', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join({ query: { plan: 'dual' } });
    const streamId = await world.publish(ann, professor);
    await bob.ask('autoSubscribe', professors);
    await bob.next('onAutomaticStreamsSubscription');
    const { clientId } = bob;
    world.erizo(0).streamFailed({ clientId, streamId, role: 'subscriber', why: 'upstream' });
    expect(await bob.next('connection_failed')).toMatchObject({ streamId });
    await world.publish(ann, { attributes: {} });
    expect(await bob.next('onAutomaticStreamsSubscription')).toMatchObject({
      streamIds: [streamId],
    });
  });

  it('looks at streams that change some times a second, and then at all of them', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann, professor);
    await bob.ask('autoSubscribe', professors);
    await bob.next('onAutomaticStreamsSubscription');
    const change = (kind: string) =>
      ann.ask('updateStreamAttributes', { id: streamId, attrs: { kind } });
    // The first is looked at at once, the others together: it fits in the end as it did before.
    await change('seen');
    await bob.next('onAutomaticStreamsUnsubscription');
    for (const kind of ['a', 'professor', 'b', 'professor', 'c', 'professor']) {
      await change(kind);
    }
    await bob.next('onAutomaticStreamsSubscription');
    expect(bob.left('onAutomaticStreamsUnsubscription')).toBe(0);
    expect(bob.left('onAutomaticStreamsSubscription')).toBe(0);
  });

  it('is refused to who may not subscribe, and in words where it makes no sense', async () => {
    const world = await newWorld();
    const ann = await world.join({ role: 'nobody' });
    expect((await ann.ask('autoSubscribe', professors)).slice(0, 2)).toEqual([
      null,
      'Unauthorized',
    ]);
    const bob = await world.join();
    expect((await bob.ask('autoSubscribe', { selectors: 7 }))[1]).toMatch(/^bad_request/);
  });
});
