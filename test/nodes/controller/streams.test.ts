import { describe, expect, it } from 'vitest';
import { badSdp } from '../../fakes/fake-erizo.ts';
import {
  elsewhere,
  eventually,
  otherFacts,
  otherStream,
  publishMessage,
  self,
  worldsOfTests,
} from './world.ts';

const newWorld = worldsOfTests();

describe('publishing', () => {
  it('opens a publisher at an ErizoJS and shows it to everybody when media flows', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const [streamId, erizoId, connectionId] = await ann.ask('publish', publishMessage);
    expect(erizoId).toBe(world.erizo(0).erizoId);
    expect(world.erizo(0).hellos[0]).toMatch(/^eu-west-1\/[0-9a-f-]{36}$/);
    const msg = { type: 'offer', sdp: 'offer' };
    expect(await ann.ask('connectionMessage', { options: { connectionId, erizoId, msg } })).toEqual(
      [],
    );
    expect(await ann.next('connection_message_erizo')).toEqual({
      connectionId,
      evt: { type: 'answer', sdp: `answer of ${String(streamId)}` },
    });
    const shown = {
      id: streamId,
      region: self.region,
      audio: true,
      video: true,
      data: false,
      screen: false,
      label: streamId,
      attributes: { name: 'ann' },
    };
    expect(await bob.next('onAddStream')).toEqual(shown);
    expect(await ann.next('onAddStream')).toEqual(shown);
    await eventually(() => world.edge.directory(world.roomId).streams.length === 1);
    expect(world.edge.directory(world.roomId)).toMatchObject({
      erizos: [{ erizoId, ...self }],
      streams: [{ streamId, clientId: ann.clientId, userName: 'ann', erizoId, ...self }],
    });
    const late = await world.join();
    expect(late.connected['streams']).toEqual([shown]);
    expect(bob.left('onAddStream')).toBe(0);
  });

  it('removes what a client unpublishes, and nobody else can', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    expect((await bob.ask('unpublish', streamId)).slice(0, 2)).toEqual([
      null,
      `not_found: you publish no stream ${streamId}`,
    ]);
    expect(await ann.ask('unpublish', streamId)).toEqual([true]);
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
    expect(await ann.next('onRemoveStream')).toEqual({ id: streamId });
    expect(world.erizo(0).paramsOf('removePublisher')).toEqual([
      { clientId: ann.clientId, streamId },
    ]);
    await eventually(() => world.edge.directory(world.roomId).streams.length === 0);
  });

  it('refuses by role and by what it cannot do, with the words where clients look for them', async () => {
    const world = await newWorld();
    const viewer = await world.join({ role: 'viewer' });
    expect(await viewer.ask('publish', publishMessage)).toEqual([
      null,
      'Unauthorized',
      null,
      'Unauthorized',
    ]);
    const ann = await world.join();
    const direct = { options: { ...publishMessage.options, state: 'p2p' } };
    expect((await ann.ask('publish', direct))[1]).toMatch(/not supported here/);
    expect((await ann.ask('publish', { options: { state: 'erizo', audio: 7 } }))[0]).toBeNull();
    expect((await ann.ask('publish', 'nonsense'))[0]).toBeNull();
    expect((await ann.ask('controlHandlers', {}))[1]).toMatch(/not supported here/);
    expect(world.agent.erizos).toHaveLength(0);
    expect(world.controller.counters()).toMatchObject({ streams: 0, clients: 2 });
  });

  it('needs no ErizoJS for a stream of data', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join({ role: 'viewerWithData' });
    const options = { state: 'data', data: true };
    const [streamId] = await bob.ask('publish', { options });
    expect(await ann.next('onAddStream')).toMatchObject({ id: streamId, data: true, audio: false });
    expect(await ann.ask('subscribe', { options: { streamId, data: true } })).toEqual([true]);
    expect(await ann.ask('unsubscribe', streamId)).toEqual([true]);
    expect(await bob.ask('unpublish', streamId)).toEqual([true]);
    expect(await ann.next('onRemoveStream')).toEqual({ id: streamId });
    expect(world.agent.erizos).toHaveLength(0);
  });

  it('says what was wrong with an offer and that the stream failed', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId, , connectionId] = await ann.ask('publish', publishMessage);
    const msg = { type: 'offer', sdp: badSdp };
    await ann.ask('connectionMessage', { options: { connectionId, msg } });
    expect(await ann.next('connection_message_erizo')).toEqual({
      connectionId,
      info: 'error',
      evt: {
        type: 'error',
        previousType: 'offer',
        code: 'sdp_malformed',
        message: 'the SDP does not parse',
      },
    });
    expect(await ann.next('connection_failed')).toMatchObject({
      type: 'publish',
      streamId,
      code: 'sdp_malformed',
    });
    expect(world.controller.counters().streams).toBe(0);
    expect((await ann.ask('unpublish', streamId))[0]).toBeNull();
  });

  it('says why when no agent gives a process, and works when one does again', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.agent.failNext.push('overloaded');
    expect((await ann.ask('publish', publishMessage)).slice(0, 2)).toEqual([
      null,
      'overloaded: as the test wants it: overloaded',
    ]);
    await world.publish(ann);
    expect(world.controller.counters().streams).toBe(1);
  });

  it('fills one ErizoJS before it takes another, and gives back what nobody uses', async () => {
    const world = await newWorld({ clientsPerErizo: 2 });
    const clients = await Promise.all([world.join(), world.join(), world.join()]);
    const erizos = await Promise.all(
      clients.map(async (client) => (await client.ask('publish', publishMessage))[1]),
    );
    expect(new Set(erizos).size).toBe(2);
    expect(world.agent.erizos).toHaveLength(2);
    await eventually(() => world.edge.directory(world.roomId).erizos.length === 2);
    await Promise.all(clients.map((client) => client.ask('clientDisconnection', undefined)));
    await eventually(() => world.controller.counters().heldRooms === 0);
    await eventually(() => world.controller.counters().erizos === 0);
    expect(world.controller.counters()).toMatchObject({ clients: 0, streams: 0 });
    const removed = world.agent.erizos.flatMap((erizo) => erizo.paramsOf('removeClient'));
    expect(removed).toHaveLength(3);
    expect(world.edge.directory(world.roomId)).toMatchObject({ erizos: [], streams: [] });
  });
});

describe('subscribing', () => {
  it('opens a subscriber along no way for a stream of the same process', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    await world.subscribe(bob, streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')).toEqual([
      {
        grant: expect.any(String),
        roomId: world.roomId,
        clientId: bob.clientId,
        streamId,
        route: [],
        options: { audio: true, video: true, plan: 'stream', config: {}, bandwidth: {} },
      },
    ]);
    const again = await bob.ask('subscribe', { options: { streamId, audio: true } });
    expect(again.slice(0, 2)).toEqual([
      null,
      `conflict: you are subscribed to stream ${streamId} already`,
    ]);
    expect(await bob.ask('unsubscribe', streamId)).toEqual([true]);
    expect(world.erizo(0).paramsOf('removeSubscriber')).toHaveLength(1);
    // Licode's client gives up what has failed, too, and needs to hear that it is free to subscribe.
    expect(await bob.ask('unsubscribe', streamId)).toEqual([true]);
    expect((await bob.ask('unsubscribe', '1'.repeat(18)))[0]).toBeNull();
    await world.subscribe(bob, streamId);
  });

  it('answers for a stream that does not exist', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const streamId = '111111111111111111';
    const answer = await ann.ask('subscribe', { options: { streamId, audio: true, video: true } });
    expect(answer.slice(0, 2)).toEqual([null, `not_found: stream ${streamId} does not exist`]);
    expect(world.agent.erizos).toHaveLength(0);
  });

  it('gives the way to a stream of another region, and shows when it comes and goes', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    expect(await ann.next('onAddStream')).toMatchObject({
      id: otherStream.streamId,
      region: elsewhere.region,
    });
    await world.subscribe(ann, otherStream.streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')[0]?.route).toEqual([
      { ...otherFacts.erizos[0], ...elsewhere },
    ]);
    world.edge.otherNode(world.roomId, elsewhere, { erizos: [], streams: [] });
    expect(await ann.next('onRemoveStream')).toEqual({ id: otherStream.streamId });
    await eventually(() => world.erizo(0).paramsOf('removeSubscriber').length === 1);
  });

  it('tries again with a fresh way when the old one ends nowhere', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await ann.next('onAddStream');
    await world.publish(ann);
    world.erizo(0).failNext.push('not_found', 'unavailable');
    await world.subscribe(ann, otherStream.streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')).toHaveLength(3);
  });

  it('gives up after three times, in words', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await ann.next('onAddStream');
    await world.publish(ann);
    world.erizo(0).failNext.push('not_found', 'unavailable', 'not_found');
    await expect(world.subscribe(ann, otherStream.streamId)).rejects.toThrow(/not_found/);
    expect(world.controller.counters().subscriptions).toBe(0);
  });

  it('tells a subscriber of ours whose stream ended by itself, and it may subscribe again', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join({ query: { plan: 'dual' } });
    const streamId = await world.publish(ann);
    await world.subscribe(bob, streamId);
    const failure = {
      clientId: bob.clientId,
      streamId,
      role: 'subscriber',
      why: 'upstream',
    } as const;
    world.erizo(0).streamFailed(failure);
    expect(await bob.next('connection_failed')).toMatchObject({
      type: 'subscribe',
      streamId,
      code: 'upstream',
    });
    await world.subscribe(bob, streamId);
  });

  it('ends a stream for everybody when its publisher fails', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    const failure = {
      clientId: ann.clientId,
      streamId,
      role: 'publisher',
      why: 'transport',
    } as const;
    world.erizo(0).streamFailed(failure);
    expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
  });

  it("does not let a client speak on somebody else's connection", async () => {
    const world = await newWorld();
    const ann = await world.join();
    const eve = await world.join();
    const [, erizoId, connectionId] = await ann.ask('publish', publishMessage);
    const msg = { type: 'offer', sdp: 'offer' };
    const answer = await eve.ask('connectionMessage', { options: { connectionId, erizoId, msg } });
    expect(answer.slice(0, 2)).toEqual([
      null,
      `forbidden: you have no connection ${String(connectionId)}`,
    ]);
    expect(world.erizo(0).paramsOf('processConnectionMessage')).toHaveLength(0);
  });
});

describe('changing a stream', () => {
  it('goes to its process in the words of ErizoJS, for who publishes it and for who receives it', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const muted = { ...publishMessage.options, muteStream: { audio: true, video: false } };
    const [streamId, , connectionId] = await ann.ask('publish', { options: muted });
    const offer = { options: { connectionId, msg: { type: 'offer', sdp: 'offer' } } };
    await ann.ask('connectionMessage', offer);
    await bob.next('onAddStream');
    const asked = { streamId, audio: true, video: true, maxVideoBW: 300, slideShowMode: false };
    const [, , its] = await bob.ask('subscribe', { options: asked });
    await bob.ask('connectionMessage', {
      options: { connectionId: its, msg: { type: 'answer', sdp: 'answer' } },
    });
    const say = (client: typeof ann, config: unknown) =>
      client.ask('streamMessage', {
        options: { streamId, erizoId: 'unused', msg: { type: 'updatestream', config } },
      });
    expect(await say(ann, { muteStream: { audio: false, video: true } })).toEqual([]);
    expect(await say(bob, { qualityLayer: { spatialLayer: 1, temporalLayer: -1 } })).toEqual([]);
    expect(await say(bob, { slideShowMode: true, maxVideoBW: 500, anything: 'else' })).toEqual([]);
    expect(await say(bob, { slideShowMode: 99_999 })).toEqual([]);
    const erizo = world.erizo(0);
    expect(erizo.paramsOf('addPublisher')[0]?.options.config).toEqual({
      muteStream: { audio: true, video: false },
    });
    expect(erizo.paramsOf('addSubscriber')[0]?.options.config).toEqual({
      slideShow_ms: 0,
      maxVideo_kbps: 300,
    });
    expect(erizo.paramsOf('processStreamMessage').map(({ config }) => config)).toEqual([
      { muteStream: { audio: false, video: true } },
      { qualityLayer: { spatial: 1 } },
      { slideShow_ms: 2_000, maxVideo_kbps: 500 },
      { slideShow_ms: 10_000 },
    ]);
  });

  it('is refused for streams of others, for nonsense, and where the role may not', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join({ role: 'viewer' })];
    const streamId = await world.publish(ann);
    const say = (msg: unknown) => bob.ask('streamMessage', { options: { streamId, msg } });
    const refusals = [
      await say({ type: 'updatestream', config: { muteStream: { video: true } } }),
      await say({ type: 'updatestream', config: { qualityLayer: { spatialLayer: 1e9 } } }),
      await say({ type: 'control', action: { name: 'controlhandlers' } }),
      await say('nonsense'),
    ];
    expect(refusals.map(([result, words]) => [result, String(words).split(':')[0]])).toEqual([
      [null, 'not_found'],
      [null, 'bad_request'],
      [null, 'Unauthorized'],
      [null, 'bad_request'],
    ]);
  });
});

describe('the stats of a stream', () => {
  it('are told in Licode’s names to whoever may, and measured once however many ask', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join({ role: 'viewer' })];
    const streamId = await world.publish(ann);
    const [[stats], [again]] = await Promise.all([
      ann.ask('getStreamStats', streamId),
      ann.ask('getStreamStats', streamId),
    ]);
    const track = { type: 'video', bitrateCalculated: 8_000, packetsLost: 0, NACK: 1, PLI: 2 };
    const entry = { '7': track, total: { bitrateCalculated: 8_000 } };
    expect(Object.values(stats as object)).toMatchObject([entry, entry]);
    expect(stats).toMatchObject({ publisher: entry });
    expect(again).toEqual(stats);
    expect(world.erizo(0).paramsOf('getStreamStats')).toEqual([{ roomId: world.roomId, streamId }]);
    expect((await bob.ask('getStreamStats', streamId)).slice(0, 2)).toEqual([null, 'Unauthorized']);
    expect((await ann.ask('getStreamStats', '1'.repeat(18)))[1]).toMatch(/^not_found: /);
  });
});
