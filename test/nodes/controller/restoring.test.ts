import { describe, expect, it } from 'vitest';
import type { LicodeClient } from '../../fakes/licode-client.ts';
import type { World } from './world.ts';
import {
  elsewhere,
  eventually,
  otherFacts,
  otherStream,
  publishMessage,
  until,
  worldsOfTests,
} from './world.ts';

const newWorld = worldsOfTests();

/** The client answers the offer that restores its connection. */
async function follow(client: LicodeClient, connectionId: unknown, offer: string): Promise<void> {
  const message = await client.next('connection_message_erizo');
  expect(message).toMatchObject({ connectionId, evt: { type: 'offer', sdp: offer } });
  const options = { connectionId, msg: { type: 'answer', sdp: 'answer anew' } };
  await client.ask('connectionMessage', { options });
}

/** Publishes; resolves with the connection too. */
async function publish(client: LicodeClient): Promise<{ streamId: string; connectionId: string }> {
  const [streamId, , connectionId] = await client.ask('publish', publishMessage);
  const options = { connectionId, msg: { type: 'offer', sdp: 'offer' } };
  await client.ask('connectionMessage', { options });
  await client.next('connection_message_erizo');
  await until(client, 'onAddStream', streamId);
  return { streamId: String(streamId), connectionId: String(connectionId) };
}

const published = (world: World): string[] =>
  world.edge.directory(world.roomId).streams.map(({ erizoId = '' }) => erizoId);

describe('a client of Licode whose ErizoJS process is lost', () => {
  it('goes on in another one over its connections, and nobody sees its stream leave', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const { streamId, connectionId: publishing } = await publish(ann);
    const connectionId = await world.subscribe(bob, streamId);
    await eventually(() => published(world).length === 1);
    const dead = world.erizo(0);
    world.agent.tellExited(dead.erizoId);

    await follow(ann, publishing, 'offer anew of offer');
    await follow(bob, connectionId, `offer anew of offer of ${streamId}`);
    await eventually(() => published(world)[0] === world.erizo(1).erizoId);
    const next = world.erizo(1);
    await eventually(() => next.paramsOf('addSubscriber').length === 1);
    expect(next.paramsOf('addPublisher')).toMatchObject([
      { streamId, options: { restored: publishing } },
    ]);
    expect(next.paramsOf('addSubscriber')).toMatchObject([
      { streamId, route: [], options: { restored: connectionId } },
    ]);
    expect(next.paramsOf('restoreConnection')).toMatchObject([
      { direction: 'publish', last: 'offer', streams: [] },
      { direction: 'subscribe', last: `offer of ${streamId}`, streams: [streamId] },
    ]);
    for (const client of [ann, bob]) {
      expect(client.left('connection_failed')).toBe(0);
      expect(client.left('onRemoveStream')).toBe(0);
    }
  });

  it('is told that its streams are lost where that befalls it again and again', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const { streamId } = await publish(ann);
    for (let index = 0; index < 4; index += 1) {
      await eventually(() => world.agent.erizos.length > index);
      await eventually(() => world.erizo(index).paramsOf('addPublisher').length === 1);
      world.agent.tellExited(world.erizo(index).erizoId);
    }
    expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
    expect(await ann.next('onRemoveStream')).toEqual({ id: streamId });
  });

  it('is told so where its browser cannot follow', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const { streamId, connectionId } = await publish(ann);
    const options = { connectionId, msg: { type: 'candidate' }, browser: 'mozilla' };
    await ann.ask('connectionMessage', { options });
    world.agent.tellExited(world.erizo(0).erizoId);
    expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
  });

  it('has an offer answered by the next process that the lost one had not answered', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const [streamId, , connectionId] = await ann.ask('publish', publishMessage);
    world.erizo(0).silent = true;
    const options = { connectionId, msg: { type: 'offer', sdp: 'offer' } };
    await ann.ask('connectionMessage', { options });
    world.agent.tellExited(world.erizo(0).erizoId);
    expect(await ann.next('connection_message_erizo')).toMatchObject({
      connectionId,
      evt: { type: 'answer' },
    });
    await until(ann, 'onAddStream', streamId);
    expect(world.erizo(1).paramsOf('restoreConnection')).toMatchObject([{ connectionId }]);
  });
});

describe('a subscription of a client of Licode whose way broke', () => {
  it('comes again by the next way, over the same connection', async () => {
    const world = await newWorld();
    const bob = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    const connectionId = await world.subscribe(bob, otherStream.streamId);
    const { streamId } = otherStream;
    await eventually(() => world.erizo(0).paramsOf('processConnectionMessage').length === 1);
    world
      .erizo(0)
      .streamFailed({ clientId: bob.clientId, streamId, role: 'subscriber', why: 'upstream' });
    const moved = { erizoId: crypto.randomUUID(), endpoint: 'tcp://127.0.0.1:8' };
    const streams = [{ ...otherStream, erizoId: moved.erizoId }];
    world.edge.otherNode(world.roomId, elsewhere, { erizos: [moved], streams });
    await eventually(() => world.erizo(0).paramsOf('addSubscriber').length === 2);
    expect(world.erizo(0).paramsOf('addSubscriber')[1]).toMatchObject({
      route: [{ erizoId: moved.erizoId }],
      options: { restored: connectionId },
    });
    expect(bob.left('connection_failed')).toBe(0);
  });
});
