import { describe, expect, it } from 'vitest';
import {
  elsewhere,
  eventually,
  otherFacts,
  otherStream,
  publishMessage,
  worldsOfTests,
} from './world.ts';

/** What Licode's clients say and hear of bandwidth. */

const newWorld = worldsOfTests();

describe('what a publisher wants its subscribers to get', () => {
  it('goes to the process of each, and follows its changes', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const least = { minVideoBW: 250, scheme: 'notify-slideshow' };
    const streamId = await world.publish(ann, least);
    await world.subscribe(bob, streamId);
    const options = world.erizo(0).paramsOf('addSubscriber')[0]?.options;
    const adaptation = { scheme: 'notify-slideshow', minVideo_kbps: 250 };
    expect(options?.config).toEqual({ adaptation });
    await eventually(() => world.edge.directory(world.roomId).streams.length === 1);
    expect(world.edge.directory(world.roomId).streams).toMatchObject([{ adaptation }]);

    const change = async (config: object): Promise<unknown> =>
      ann.ask('streamMessage', {
        options: { streamId, msg: { type: 'updatestream', config } },
      });
    await change({ minVideoBW: 100 });
    await change({ minVideoBW: 0 });
    const sent = (): unknown[] =>
      world
        .erizo(0)
        .paramsOf('processStreamMessage')
        .filter(({ clientId }) => clientId === bob.clientId);
    await eventually(() => sent().length === 2);
    expect(sent()).toMatchObject([
      { streamId, config: { adaptation: { ...adaptation, minVideo_kbps: 100 } } },
      { streamId, config: { adaptation: null } },
    ]);
  });

  it('comes with the room’s directory where it publishes elsewhere', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await ann.next('onAddStream');
    await world.subscribe(ann, otherStream.streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')[0]?.options.config).toEqual({});
    const adaptation = { scheme: 'notify', minVideo_kbps: 200 } as const;
    const streams = [{ ...otherStream, adaptation }];
    world.edge.otherNode(world.roomId, elsewhere, { ...otherFacts, streams });
    await eventually(() => world.erizo(0).paramsOf('processStreamMessage').length === 1);
    expect(world.erizo(0).paramsOf('processStreamMessage')).toEqual([
      { clientId: ann.clientId, streamId: otherStream.streamId, config: { adaptation } },
    ]);
    expect(ann.left('onUpdateAttributeStream')).toBe(0);
  });

  it('is nothing where it wants nothing, and `notify` where its scheme is none of ours', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    for (const said of [{ minVideoBW: 0 }, { minVideoBW: null }, { minVideoBW: 9, scheme: 'x' }]) {
      const streamId = await world.publish(ann, said);
      await world.subscribe(bob, streamId);
    }
    const asked = world.erizo(0).paramsOf('addSubscriber');
    expect(asked.map(({ options }) => options.config)).toEqual([
      {},
      {},
      { adaptation: { scheme: 'notify', minVideo_kbps: 9 } },
    ]);
  });
});

describe('what a subscriber says of a stream', () => {
  it('goes to its process in our words', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    const video = { width: { max: 640, min: 10 }, height: { max: 360 }, frameRate: { max: 15 } };
    await world.subscribe(bob, streamId, { video, maxVideoBW: 300, slideShowMode: true });
    expect(world.erizo(0).paramsOf('addSubscriber')[0]?.options).toMatchObject({
      video: true,
      config: {
        maxVideo: { width: 640, height: 360, frameRate: 15 },
        maxVideo_kbps: 300,
        slideShow_ms: 2_000,
      },
    });
    for (const config of [
      { priorityLevel: 20, slideShowBelowLayer: { enabled: true, spatialLayer: 1 } },
      { priorityLevel: 'odd', slideShowBelowLayer: { enabled: false } },
      { video: { width: { max: 320 } } },
      { video: { width: 'wide', height: { max: -1 } } },
    ]) {
      const msg = { type: 'updatestream', config };
      expect(await bob.ask('streamMessage', { options: { streamId, msg } })).toEqual([]);
    }
    const said = world.erizo(0).paramsOf('processStreamMessage');
    expect(said.map(({ config }) => config)).toEqual([
      { priority: '20', slideShowBelow: 1 },
      { priority: 'default', slideShowBelow: null },
      { maxVideo: { width: 320 } },
      { maxVideo: {} },
    ]);
  });
});

describe('what a client says of its connections', () => {
  it('goes to its process at once, and with each subscription after that', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join({ query: { streamPriorityStrategy: 'high' } });
    expect(bob.connected).toMatchObject({ streamPriorityStrategy: 'high', connectionTargetBw: 0 });
    expect(ann.connected).toMatchObject({ streamPriorityStrategy: false });
    const streamId = await world.publish(ann);
    expect(await bob.ask('setStreamPriorityStrategy', 'low')).toEqual([true]);
    await world.subscribe(bob, streamId);
    const asked = world.erizo(0).paramsOf('addSubscriber');
    expect(asked[0]?.options.bandwidth).toEqual({ strategy: 'low' });
    expect(await bob.ask('setConnectionTargetBandwidth', 500_000)).toEqual([true]);
    expect(await bob.ask('setStreamPriorityStrategy', 'nobody knows it')).toEqual([true]);
    expect(await bob.ask('setConnectionTargetBandwidth', 7)).toEqual([true]);
    expect(await bob.ask('setConnectionTargetBandwidth', 0)).toEqual([true]);
    expect((await bob.ask('setConnectionTargetBandwidth', 'all'))[0]).toBeNull();
    const told = world.erizo(0).paramsOf('setClientBandwidth');
    expect(told.map(({ bandwidth }) => bandwidth)).toEqual([
      { strategy: 'low', target_bps: 500_000 },
      { target_bps: 500_000 },
      { target_bps: 30_000 },
      {},
    ]);
    expect(told.every(({ clientId }) => clientId === bob.clientId)).toBe(true);
  });

  it('comes back to it as alerts and levels, in the events that Licode’s clients know', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    const connectionId = await world.subscribe(bob, streamId);
    const { clientId } = bob;
    const news = { clientId, streamId, message: 'insufficient', bandwidth_bps: 70_000 } as const;
    world.erizo(0).bandwidthAlert(news);
    expect(await bob.next('onBandwidthAlert')).toEqual({
      streamID: streamId,
      message: 'insufficient',
      bandwidth: 70_000,
    });
    world.erizo(0).qualityLevel({ clientId, connectionId, level: 1 });
    expect(await bob.next('connection_message_erizo')).toEqual({
      connectionId,
      evt: { type: 'quality_level', level: 1 },
    });
    expect(ann.left('onBandwidthAlert')).toBe(0);
  });

  it('changes nothing where it plays nothing', async () => {
    const world = await newWorld();
    const ann = await world.join();
    expect(await ann.ask('setStreamPriorityStrategy', 'high')).toEqual([true]);
    await ann.ask('publish', publishMessage);
    expect(world.erizo(0).paramsOf('setClientBandwidth')).toEqual([]);
  });
});
