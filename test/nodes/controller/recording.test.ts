import { describe, expect, it } from 'vitest';
import { limits } from '../../../protocol/limits.ts';
import {
  eventually,
  otherFacts,
  otherStream,
  elsewhere,
  publishMessage,
  until,
  worldsOfTests,
} from './world.ts';
import type { World } from './world.ts';
import type { LicodeClient } from '../../fakes/licode-client.ts';

const newWorld = worldsOfTests();

const end = { why: 'ended', duration_ms: 5_000, size_bytes: 700 } as const;

/** Ann publishes with our SDK, unless said otherwise, and bob is there with Licode's client. */
async function recordingWorld(query: Record<string, string> = { plan: 'dual' }): Promise<{
  world: World;
  ann: LicodeClient;
  bob: LicodeClient;
  streamId: string;
}> {
  const world = await newWorld();
  const ann = await world.join({ query });
  const bob = await world.join();
  return { world, ann, bob, streamId: await world.publish(ann) };
}

describe('recording', () => {
  it('begins at the process of the publisher, and ends once, for whoever may record', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const [recordingId] = await bob.ask('startRecorder', { to: streamId });
    const { roomId } = world;
    expect(world.erizo(0).paramsOf('addExternalOutput')).toEqual([
      {
        ...{ roomId, streamId, recordingId, format: 'mkv', route: [] },
        grant: expect.any(String) as string,
      },
    ]);
    expect(await ann.next('recording_started')).toEqual({ id: recordingId, streamId });
    // Two who stop it at once are both told that it has stopped.
    const stops = await Promise.all(
      [ann, bob].map((client) => client.ask('stopRecorder', { id: recordingId })),
    );
    expect(stops).toEqual([[true], [true]]);
    expect(world.erizo(0).paramsOf('removeExternalOutput')).toEqual([{ recordingId }]);
    expect(await ann.next('recording_ended')).toMatchObject({ id: recordingId, why: 'stopped' });
    expect((await ann.ask('stopRecorder', { id: recordingId })).slice(0, 2)).toEqual([
      null,
      'not_found: This stream is not being recorded',
    ]);
    expect(ann.left('recording_ended')).toBe(0);
  });

  it('is refused to a viewer, of streams that are not there, and where the process refuses', async () => {
    const { world, ann, streamId } = await recordingWorld();
    const viewer = await world.join({ role: 'viewer' });
    expect((await viewer.ask('startRecorder', { to: streamId }))[1]).toBe('Unauthorized');
    expect((await viewer.ask('stopRecorder', { id: streamId }))[1]).toBe('Unauthorized');
    expect((await ann.ask('startRecorder', { to: '999999999999999999' }))[1]).toMatch(/^not_found/);
    expect((await ann.ask('startRecorder', { to: '../../etc/passwd' }))[1]).toMatch(/^bad_request/);
    const named = { toString: '123456789012345678' };
    expect((await ann.ask('startRecorder', { to: named }))[1]).toMatch(/^bad_request/);
    expect((await ann.ask('stopRecorder', { id: named }))[1]).toMatch(/^bad_request/);
    world.erizo(0).failNext.push('unavailable');
    expect((await ann.ask('startRecorder', { to: streamId })).slice(0, 2)).toEqual([
      null,
      'unavailable: as the test wants it: unavailable',
    ]);
    expect(ann.left('recording_started')).toBe(0);
  });

  it('may be asked for in the callback of publish, and begins when the stream has come', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId, erizoId, connectionId] = await ann.ask('publish', publishMessage);
    const asked = ann.ask('startRecorder', { to: streamId });
    expect((await ann.ask('startRecorder', { to: '999999999999999999' }))[1]).toMatch(/^not_found/);
    expect(world.erizo(0).paramsOf('addExternalOutput')).toEqual([]);
    const msg = { type: 'offer', sdp: 'offer' };
    await ann.ask('connectionMessage', { options: { connectionId, erizoId, msg } });
    const [id] = await asked;
    expect(await ann.next('recording_started')).toEqual({ id, streamId });
    expect(world.erizo(0).paramsOf('addExternalOutput')).toMatchObject([{ streamId }]);
  });

  it('is refused where the stream that is waited for does not come', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId] = await ann.ask('publish', publishMessage);
    const asked = ann.ask('startRecorder', { to: streamId });
    expect(await ann.ask('unpublish', streamId)).toEqual([true]);
    expect((await asked)[1]).toBe(`not_found: stream ${String(streamId)} does not exist`);
  });

  it('that ends by itself is told to the room', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const [recordingId] = await bob.ask('startRecorder', { to: streamId });
    world.erizo(0).recordingEnded({ recordingId: String(recordingId), end });
    for (const client of [ann, bob]) {
      expect(await client.next('recording_ended')).toEqual({ id: recordingId, streamId, ...end });
    }
    expect((await bob.ask('stopRecorder', { id: recordingId }))[1]).toMatch(/^not_found/);
  });

  it('outlives its publisher for as long as the file takes to be closed', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const [recordingId] = await bob.ask('startRecorder', { to: streamId });
    await ann.ask('clientDisconnection', {});
    await bob.next('onRemoveStream');
    world.erizo(0).recordingEnded({ recordingId: String(recordingId), end });
    expect(await bob.next('recording_ended')).toMatchObject({ id: recordingId, why: 'ended' });
    await eventually(() => world.controller.counters().erizos === 0);
  });

  it('is stopped when the last client of the room has left, and then the room is left', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const [recordingId] = await bob.ask('startRecorder', { to: streamId });
    await ann.ask('clientDisconnection', {});
    await bob.ask('clientDisconnection', {});
    await eventually(() => world.controller.counters().erizos === 0);
    expect(world.erizo(0).paramsOf('removeExternalOutput')).toEqual([{ recordingId }]);
    await eventually(() => world.edge.directory(world.roomId).erizos.length === 0);
  });

  it('goes on in a further file where its process is lost, once the stream is there again', async () => {
    const world = await newWorld();
    const bob = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await bob.next('onAddStream');
    const { streamId } = otherStream;
    expect((await bob.ask('startRecorder', { to: streamId, format: 'avi' }))[1]).toMatch(
      /^bad_request/,
    );
    const [id] = await bob.ask('startRecorder', { to: streamId, format: 'webm' });
    await world.erizo(0).die();
    expect(await bob.next('recording_continued')).toEqual({ id, streamId, part: 2 });
    expect(world.erizo(1).paramsOf('addExternalOutput')).toMatchObject([
      { streamId, recordingId: id, part: 2, format: 'webm' },
    ]);
    await world.erizo(1).die();
    expect(await bob.next('recording_continued')).toMatchObject({ part: 3 });
    expect(await bob.ask('stopRecorder', { id })).toEqual([true]);
    expect(await bob.next('recording_ended')).toMatchObject({ id, why: 'stopped', part: 3 });
    expect(bob.left('recording_ended')).toBe(0);
    const told = world.edge.calls.flatMap(({ method, params }) =>
      method === 'room.recording' ? [params] : [],
    );
    expect(told).toMatchObject([{ recording: { id } }, { recording: { id, end: { part: 3 } } }]);
  });

  it('goes on too where its ffmpeg fails, and is over where it fails again and again', async () => {
    const { world, bob, streamId } = await recordingWorld();
    const [id] = await bob.ask('startRecorder', { to: streamId });
    const failed = { ...end, why: 'failed' } as const;
    for (let part = 2; part <= limits.recordingParts; part += 1) {
      world.erizo(0).recordingEnded({ recordingId: String(id), end: failed });
      expect(await bob.next('recording_continued')).toEqual({ id, streamId, part });
    }
    world.erizo(0).recordingEnded({ recordingId: String(id), end: failed });
    expect(await bob.next('recording_ended')).toMatchObject({
      ...{ id, why: 'failed', part: limits.recordingParts },
    });
  });

  it('waits until its publisher is in another process', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const [streamId, , connectionId] = await ann.ask('publish', publishMessage);
    const say = async (type: string): Promise<void> => {
      const options = { connectionId, msg: { type, sdp: type } };
      await ann.ask('connectionMessage', { options });
    };
    await say('offer');
    await until(bob, 'onAddStream', streamId);
    const [id] = await bob.ask('startRecorder', { to: streamId });
    await ann.next('connection_message_erizo');
    world.agent.tellExited(world.erizo(0).erizoId);
    await ann.next('connection_message_erizo');
    await eventually(() => world.erizo(1).paramsOf('addPublisher').length === 1);
    expect(world.erizo(1).paramsOf('addExternalOutput')).toEqual([]);
    await say('answer');
    expect(await bob.next('recording_continued')).toEqual({ id, streamId, part: 2 });
  });

  it('waits for a client of ours, too, that publishes again under the same id', async () => {
    const world = await newWorld();
    const ann = await world.join({ query: { plan: 'dual' } });
    const bob = await world.join();
    const streamId = await world.publish(ann, { number: 1 });
    const [id] = await bob.ask('startRecorder', { to: streamId });
    world.agent.tellExited(world.erizo(0).erizoId);
    expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
    expect(await world.publish(ann, { number: 1 })).toBe(streamId);
    expect(await bob.next('recording_continued')).toEqual({ id, streamId, part: 2 });
    expect(bob.left('recording_ended')).toBe(0);

    world.agent.tellExited(world.erizo(1).erizoId);
    await ann.ask('clientDisconnection', {});
    expect(await bob.next('recording_ended')).toMatchObject({ id, why: 'failed', part: 2 });
  });

  it('waits as well for one at another node, whose process is lost', async () => {
    const world = await newWorld();
    const bob = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await bob.next('onAddStream');
    const { streamId } = otherStream;
    const [id] = await bob.ask('startRecorder', { to: streamId });
    world.edge.otherNode(world.roomId, elsewhere, { erizos: [], streams: [] });
    await bob.next('onRemoveStream');
    const failed = { ...end, why: 'failed' } as const;
    world.erizo(0).recordingEnded({ recordingId: String(id), end: failed });
    const erizoId = crypto.randomUUID();
    world.edge.otherNode(world.roomId, elsewhere, {
      erizos: [{ erizoId, endpoint: 'tcp://127.0.0.1:9' }],
      streams: [{ ...otherStream, erizoId }],
    });
    expect(await bob.next('recording_continued')).toEqual({ id, streamId, part: 2 });
    expect(bob.left('recording_ended')).toBe(0);
  });

  it('can be stopped while it is between two processes', async () => {
    const { world, bob, streamId } = await recordingWorld({});
    const [id] = await bob.ask('startRecorder', { to: streamId });
    world.agent.tellExited(world.erizo(0).erizoId);
    await eventually(() => world.agent.erizos.length === 2);
    expect((await bob.ask('stopRecorder', { id }))[1]).toMatch(/^unavailable/);
    expect(await bob.next('recording_ended')).toMatchObject({ id, why: 'failed' });
    expect(bob.left('recording_continued')).toBe(0);
  });

  it('has failed where its stream is no more', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const [id] = await bob.ask('startRecorder', { to: streamId });
    await ann.ask('unpublish', streamId);
    const failed = { ...end, why: 'failed' } as const;
    world.erizo(0).recordingEnded({ recordingId: String(id), end: failed });
    expect(await bob.next('recording_ended')).toMatchObject({ id, why: 'failed' });
    expect(bob.left('recording_continued')).toBe(0);
  });

  it('of a stream that another node publishes is made by a process of its own here', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    await ann.next('onAddStream');
    const { streamId, erizoId } = otherStream;
    const [recordingId] = await ann.ask('startRecorder', { to: streamId });
    expect(world.erizo(0).paramsOf('addExternalOutput')).toMatchObject([
      { streamId, recordingId, route: [{ erizoId }] },
    ]);
    expect(await ann.ask('stopRecorder', { id: recordingId })).toEqual([true]);
    await eventually(() => world.controller.counters().erizos === 0);
  });
});

describe('who is in a room where something is recorded', () => {
  const { streamId } = otherStream;
  const recordings = [{ recordingId: '333333333333333333', streamId }];
  const told = { id: '333333333333333333', streamId };

  it('hears at every controller that it begins, and that it is over; Licode’s client hears nothing', async () => {
    const world = await newWorld();
    const ann = await world.join({ query: { plan: 'dual' } });
    const bob = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, { ...otherFacts, recordings });
    expect(await ann.next('recording_started')).toEqual(told);
    world.edge.otherNode(world.roomId, elsewhere, { erizos: [], streams: [] });
    expect(await ann.next('recording_ended')).toEqual(told);
    // It was told after.
    await world.publish(bob);
    expect(bob.left('recording_started') + bob.left('recording_ended')).toBe(0);
  });

  it('knows at once where it comes while one is made, here or at another controller', async () => {
    const { world, bob, streamId: own } = await recordingWorld();
    world.edge.otherNode(world.roomId, elsewhere, { ...otherFacts, recordings });
    await until(bob, 'onAddStream', otherStream.streamId);
    const [id] = await bob.ask('startRecorder', { to: own });
    const late = await world.join({ query: { plan: 'dual' } });
    expect(late.connected['recordings']).toEqual([{ id, streamId: own }, told]);
    const other = await world.join();
    expect(other.connected).not.toHaveProperty('recordings');
    await bob.ask('stopRecorder', { id });
    expect(await late.next('recording_ended')).toMatchObject({ id, why: 'stopped' });
    const last = await world.join({ query: { plan: 'dual' } });
    expect(last.connected['recordings']).toEqual([told]);
  });

  it('hears of one at another controller by way of the edge, which is told of it until it is over', async () => {
    const { world, bob, streamId: own } = await recordingWorld();
    const known = (): unknown => world.edge.directory(world.roomId).recordings;
    const [id] = await bob.ask('startRecorder', { to: own });
    await eventually(() => known() !== undefined);
    expect(known()).toEqual([{ recordingId: id, streamId: own, nodeId: world.node.nodeId }]);
    world.agent.tellExited(world.erizo(0).erizoId);
    expect(await bob.next('onRemoveStream')).toEqual({ id: own });
    // It is to go on where its publisher is back.
    expect(known()).toMatchObject([{ recordingId: id }]);
    await bob.ask('stopRecorder', { id });
    await eventually(() => known() === undefined);
  });

  it('hears of one that is over before it was known to have begun, in that order', async () => {
    const { world, ann, bob, streamId: own } = await recordingWorld();
    world.erizo(0).endsEarly = end;
    const [id] = await bob.ask('startRecorder', { to: own });
    expect(await ann.next('recording_started')).toEqual({ id, streamId: own });
    expect(await ann.next('recording_ended')).toEqual({ id, streamId: own, ...end });
    await eventually(() => world.edge.directory(world.roomId).recordings === undefined);
  });

  it('cannot record more than all in it can be told of', async () => {
    const { world, bob, streamId: own } = await recordingWorld();
    const many = Array.from({ length: limits.recordingsPerRoom }, (_, at) => ({
      ...{ recordingId: String(333_333_333_333_333_000n + BigInt(at)), streamId },
    }));
    world.edge.otherNode(world.roomId, elsewhere, { ...otherFacts, recordings: many });
    await until(bob, 'onAddStream', otherStream.streamId);
    expect((await bob.ask('startRecorder', { to: own }))[1]).toMatch(/^overloaded.*stop one first/);
  });
});

describe('what the edge is told of recordings', () => {
  const told = (world: World): unknown[] =>
    world.edge.calls.flatMap(({ method, params }) => (method === 'room.recording' ? [params] : []));

  it('is that they begin and how they end, before the room is left', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const { roomId } = world;
    const [id] = await bob.ask('startRecorder', { to: streamId });
    await ann.ask('clientDisconnection', {});
    await bob.ask('clientDisconnection', {});
    await eventually(() => world.edge.count('room.leave') === 1);
    expect(told(world)).toEqual([
      { roomId, recording: { id, streamId } },
      { roomId, recording: { id, streamId, end: expect.objectContaining({ why: 'stopped' }) } },
    ]);
    const methods = world.edge.calls.map(({ method }) => method);
    expect(methods.lastIndexOf('room.recording')).toBeLessThan(methods.indexOf('room.leave'));
  });

  it('waits while the edge is away, and is told in order once the room was entered again', async () => {
    const { world, ann, bob, streamId } = await recordingWorld();
    const { roomId } = world;
    world.edge.goAway();
    const [id] = await bob.ask('startRecorder', { to: streamId });
    world.erizo(0).recordingEnded({ recordingId: String(id), end });
    await bob.next('recording_ended');
    await ann.ask('clientDisconnection', {});
    await bob.ask('clientDisconnection', {});
    expect(told(world)).toEqual([]);
    world.edge.comeBack();
    await eventually(() => world.edge.count('room.leave') === 1);
    expect(told(world)).toEqual([
      { roomId, recording: { id, streamId } },
      { roomId, recording: { id, streamId, end } },
    ]);
  });

  it('is nothing of those that did not begin', async () => {
    const { world, ann, streamId } = await recordingWorld();
    world.erizo(0).failNext.push('unavailable');
    await ann.ask('startRecorder', { to: streamId });
    await ann.ask('clientDisconnection', {});
    expect(told(world)).toEqual([]);
  });
});

describe('an external input', () => {
  const playing = (state: string, sdp: unknown): unknown => ({
    options: { state, audio: true, video: true, attributes: { name: 'film' } },
    sdp,
  });

  it('is shown with what its source has, and goes when that ends', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const url = 'rtsp://camera.example.org/stream';
    const [streamId] = await ann.ask('publish', playing('url', url));
    expect(world.erizo(0).paramsOf('addExternalInput')).toEqual([
      {
        ...{ roomId: world.roomId, clientId: ann.clientId, streamId, audio: true, video: true },
        source: { type: 'url', url },
        grant: expect.any(String) as string,
      },
    ]);
    expect(await bob.next('onAddStream')).toMatchObject({
      ...{ id: streamId, audio: true, video: false, attributes: { name: 'film' } },
    });
    world.erizo(0).inputEnded({ clientId: ann.clientId, streamId: String(streamId) });
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
    expect((await ann.ask('unpublish', streamId))[1]).toMatch(/^not_found/);
  });

  it('is opened again under its id where its process is lost, by where it would be', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const [streamId] = await ann.ask('publish', playing('recording', '123456789012345678'));
    await until(bob, 'onAddStream', streamId);
    await world.subscribe(bob, String(streamId));
    for (const index of [0, 1]) {
      world.agent.tellExited(world.erizo(index).erizoId);
      await eventually(() => world.agent.erizos.length > index + 1);
      const next = world.erizo(index + 1);
      await eventually(() => next.paramsOf('addSubscriber').length === 1);
      expect(next.paramsOf('addExternalInput')).toMatchObject([
        { streamId, clientId: ann.clientId, from_ms: expect.any(Number) as number },
      ]);
    }
    expect(bob.left('onRemoveStream') + bob.left('connection_failed')).toBe(0);
    expect(ann.left('connection_failed')).toBe(0);
    world.erizo(2).inputEnded({ clientId: ann.clientId, streamId: String(streamId) });
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
  });

  it('that cannot be opened again is told to have failed', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId] = await ann.ask('publish', playing('url', 'rtsp://camera.example.org/'));
    world.agent.nextErizoFails.push('forbidden');
    world.agent.tellExited(world.erizo(0).erizoId);
    expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
    expect(await ann.next('onRemoveStream')).toEqual({ id: streamId });
  });

  it('is given up by who published it, and refused in words', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId] = await ann.ask('publish', playing('recording', '123456789012345678'));
    expect(world.erizo(0).paramsOf('addExternalInput')[0]?.source).toEqual({
      ...{ type: 'recording', recordingId: '123456789012345678' },
    });
    expect(await ann.ask('unpublish', streamId)).toEqual([true]);
    expect(world.erizo(0).paramsOf('removePublisher')).toMatchObject([{ streamId }]);
    for (const said of [undefined, '../secret', { id: 1 }, { toString: 'x' }]) {
      expect((await ann.ask('publish', playing('recording', said)))[1]).toMatch(/^bad_request/);
    }
    expect((await ann.ask('publish', playing('url', 'x'.repeat(3_000))))[1]).toMatch(
      /^bad_request/,
    );
    world.erizo(0).failNext.push('forbidden');
    expect((await ann.ask('publish', playing('url', 'http://10.0.0.1/')))[1]).toMatch(/^forbidden/);
    const viewer = await world.join({ role: 'viewer' });
    expect((await viewer.ask('publish', playing('url', 'x')))[1]).toBe('Unauthorized');
    expect(world.controller.counters()).toMatchObject({ streams: 0 });
  });
});
