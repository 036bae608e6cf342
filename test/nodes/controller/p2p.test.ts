import { describe, expect, it } from 'vitest';
import type { LicodeClient } from '../../fakes/licode-client.ts';
import { publishMessage, worldsOfTests } from './world.ts';
import { tell, twoControllers } from './two-controllers.ts';

const newWorld = worldsOfTests();

const camera = { options: { ...publishMessage.options, state: 'p2p' } };
const sdp = { type: 'offer', sdp: 'v=0' };

/** As Licode's client asks, who leaves the rest to the publisher. */
const subscribe = (client: LicodeClient, streamId: unknown) =>
  client.ask('subscribe', { options: { streamId } });
const say = (client: LicodeClient, streamId: unknown, peerSocket: string, msg: unknown) =>
  client.ask('streamMessageP2P', { options: { streamId, peerSocket, msg } });

describe('a room whose clients send to each other directly', () => {
  it('carries what publisher and subscriber say to each other, and no media', async () => {
    const world = await newWorld();
    world.edge.p2p = true;
    const [ann, bob] = [await world.join(), await world.join()];
    expect(ann.connected).toMatchObject({ p2p: true });
    const [streamId] = await ann.ask('publish', camera);
    // The browser of the publisher names the MediaStream.
    expect(await bob.next('onAddStream')).toMatchObject({ id: streamId, label: 'camera' });
    expect(await subscribe(bob, streamId)).toEqual([true]);
    expect(await ann.next('publish_me')).toEqual({ streamId, peerSocket: bob.clientId });
    expect(await say(ann, streamId, bob.clientId, sdp)).toEqual([]);
    const fromAnn = { streamId, peerSocket: ann.clientId, msg: sdp };
    expect(await bob.next('stream_message_p2p')).toEqual(fromAnn);
    const answer = { type: 'answer', sdp: 'v=0' };
    expect(await say(bob, streamId, ann.clientId, answer)).toEqual([]);
    const fromBob = { streamId, peerSocket: bob.clientId, msg: answer };
    expect(await ann.next('stream_message_p2p')).toEqual(fromBob);
    expect(await bob.ask('unsubscribe', streamId)).toEqual([true]);
    expect(await ann.next('unpublish_me')).toEqual({ streamId, peerSocket: bob.clientId });
    await subscribe(bob, streamId);
    await ann.next('publish_me');
    await bob.ask('clientDisconnection', undefined);
    expect(await ann.next('unpublish_me')).toEqual({ streamId, peerSocket: bob.clientId });
    expect(world.agent.erizos).toHaveLength(0);
  });

  it('lets nobody speak to who has no stream in common with it', async () => {
    const world = await newWorld();
    world.edge.p2p = true;
    const [ann, bob, cleo] = [await world.join(), await world.join(), await world.join()];
    const [streamId] = await ann.ask('publish', camera);
    await subscribe(bob, streamId);
    const refusals = [
      await say(cleo, streamId, ann.clientId, sdp),
      await say(cleo, streamId, bob.clientId, sdp),
      await say(ann, streamId, cleo.clientId, sdp),
      await say(bob, streamId, cleo.clientId, sdp),
      await say(bob, '1'.repeat(18), ann.clientId, sdp),
      await ann.ask('publish', publishMessage),
    ];
    expect(refusals.map(([result, words]) => [result, String(words).split(':')[0]])).toEqual([
      ...Array.from({ length: 5 }, () => [null, 'forbidden']),
      [null, 'bad_request'],
    ]);
    expect(cleo.left('stream_message_p2p')).toBe(0);
  });

  it('may have them at two controllers', async () => {
    const { here, there, ann, viewer } = await twoControllers(async (options) => {
      const world = await newWorld(options);
      world.edge.p2p = true;
      return world;
    });
    const [streamId] = await ann.ask('publish', camera);
    await tell(there, here);
    const [bob, cleo] = [await viewer(), await viewer()];
    await subscribe(bob, streamId);
    expect(await ann.next('publish_me')).toEqual({ streamId, peerSocket: bob.clientId });
    await subscribe(cleo, streamId);
    expect(await ann.next('publish_me')).toEqual({ streamId, peerSocket: cleo.clientId });
    await say(ann, streamId, bob.clientId, sdp);
    const fromAnn = { streamId, peerSocket: ann.clientId, msg: sdp };
    expect(await bob.next('stream_message_p2p')).toEqual(fromAnn);
    await say(bob, streamId, ann.clientId, 'candidate');
    const fromBob = { streamId, peerSocket: bob.clientId, msg: 'candidate' };
    expect(await ann.next('stream_message_p2p')).toEqual(fromBob);
    await bob.ask('unsubscribe', streamId);
    expect(await ann.next('unpublish_me')).toEqual({ streamId, peerSocket: bob.clientId });
    expect(cleo.left('stream_message_p2p')).toBe(0);
  });
});

describe('a room whose streams go through ErizoJS', () => {
  it('takes none that clients would send to each other', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    expect((await ann.ask('publish', camera))[1]).toMatch(/p2p is not supported here/);
    const streamId = await world.publish(ann);
    expect((await say(bob, streamId, ann.clientId, sdp))[1]).toMatch(/^forbidden: /);
  });
});
