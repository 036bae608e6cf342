import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Neighbours } from '../../../nodes/controller/neighbours.ts';
import {
  ownerToWatcher,
  watcherToOwner,
} from '../../../protocol/contracts/controller-controller.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { limits } from '../../../protocol/limits.ts';
import type { PublicStream } from '../../../protocol/contracts/client.ts';
import type { World } from './world.ts';
import { elsewhere, eventually, publishMessage, worldsOfTests } from './world.ts';
import { tell, twoControllers } from './two-controllers.ts';

const newWorld = worldsOfTests();

const chat = { options: { state: 'data', data: true, attributes: { name: 'ann' } } };

describe('what a publisher says', () => {
  it('comes in order to those who subscribed to its data, and to nobody else', async () => {
    const world = await newWorld();
    const [ann, bob, cleo, dan] = [
      await world.join(),
      await world.join(),
      await world.join(),
      await world.join(),
    ];
    const [streamId] = await ann.ask('publish', chat);
    // Licode's clients may leave `data` out, which means yes.
    await bob.ask('subscribe', { options: { streamId } });
    await cleo.ask('subscribe', { options: { streamId, data: false } });
    await dan.ask('subscribe', { options: { streamId, data: true } });
    for (const msg of ['one', { two: 2 }, null]) {
      expect(await ann.ask('sendDataStream', { id: streamId, msg })).toEqual([]);
    }
    for (const client of [bob, dan]) {
      for (const msg of ['one', { two: 2 }, null]) {
        expect(await client.next('onDataStream')).toEqual({ id: streamId, msg });
      }
    }
    await dan.ask('unsubscribe', streamId);
    await ann.ask('sendDataStream', { id: streamId, msg: 'four' });
    expect(await bob.next('onDataStream')).toEqual({ id: streamId, msg: 'four' });
    for (const client of [ann, cleo, dan]) {
      expect(client.left('onDataStream')).toBe(0);
    }
  });

  it('goes with a stream of media as well', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const withData = { options: { ...publishMessage.options, data: true } };
    const [streamId, , connectionId] = await ann.ask('publish', withData);
    await ann.ask('connectionMessage', {
      options: { connectionId, msg: { type: 'offer', sdp: 'offer' } },
    });
    expect(await bob.next('onAddStream')).toMatchObject({ id: streamId, data: true });
    await world.subscribe(bob, String(streamId));
    await ann.ask('sendDataStream', { id: streamId, msg: 'hello' });
    expect(await bob.next('onDataStream')).toEqual({ id: streamId, msg: 'hello' });
  });

  it('is refused for a stream of somebody else, without data, and where it is too large', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const [streamId] = await ann.ask('publish', chat);
    const camera = await world.publish(ann);
    const msg = 'x';
    const refusals = [
      await bob.ask('sendDataStream', { id: streamId, msg }),
      await ann.ask('sendDataStream', { id: camera, msg }),
      await ann.ask('sendDataStream', { id: streamId, msg: 'x'.repeat(limits.data_bytes) }),
      await bob.ask('updateStreamAttributes', { id: streamId, attrs: {} }),
      await ann.ask('updateStreamAttributes', {
        id: streamId,
        attrs: { a: 'x'.repeat(limits.attributes_bytes) },
      }),
    ];
    expect(refusals.map(([result, words]) => [result, String(words).split(':')[0]])).toEqual([
      [null, 'not_found'],
      [null, 'forbidden'],
      [null, 'bad_request'],
      [null, 'not_found'],
      [null, 'bad_request'],
    ]);
  });

  it('about its attributes comes to its subscribers, to the edge, and to who joins later', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const [streamId] = await ann.ask('publish', chat);
    await bob.ask('subscribe', { options: { streamId } });
    const attrs = { name: 'ann', hand: 'up' };
    expect(await ann.ask('updateStreamAttributes', { id: streamId, attrs })).toEqual([]);
    expect(await bob.next('onUpdateAttributeStream')).toEqual({ id: streamId, attrs });
    const late = await world.join();
    expect(late.connected['streams']).toMatchObject([{ id: streamId, attributes: attrs }]);
    await eventually(() => attributesAtEdge(world)['hand'] === 'up');
  });

  it('about its attributes comes to all who have our SDK, the newest last', async () => {
    const world = await newWorld();
    const query = { plan: 'dual' };
    const [ann, bob, eve] = [await world.join(), await world.join({ query }), await world.join()];
    const [streamId] = await ann.ask('publish', chat);
    const updates = Array.from({ length: 20 }, (_, times) => ({ name: 'ann', times }));
    for (const attrs of updates) {
      await ann.ask('updateStreamAttributes', { id: streamId, attrs });
    }
    let said: unknown;
    while (JSON.stringify(said) !== JSON.stringify(updates.at(-1))) {
      const { id, attributes } = (await bob.next('stream_changed')) as PublicStream;
      expect(id).toBe(streamId);
      said = attributes;
    }
    expect(eve.left('stream_changed')).toBe(0);
  });
});

describe('what a publisher at another controller says', () => {
  it('comes by one link between the two controllers, for as long as somebody hears it', async () => {
    const { here, there, ann, viewer } = await twoControllers(newWorld);
    const [streamId] = await ann.ask('publish', chat);
    await tell(there, here);
    const [bob, cleo] = [await viewer(), await viewer()];
    const ours = await viewer({ plan: 'dual' });
    for (const client of [bob, cleo]) {
      await client.ask('subscribe', { options: { streamId } });
    }
    await ann.ask('sendDataStream', { id: streamId, msg: 'hello' });
    for (const client of [bob, cleo]) {
      expect(await client.next('onDataStream')).toEqual({ id: streamId, msg: 'hello' });
    }
    const attrs = { name: 'ann', hand: 'up' };
    await ann.ask('updateStreamAttributes', { id: streamId, attrs });
    await eventually(() => attributesAtEdge(there, here.roomId)['hand'] === 'up');
    await tell(there, here);
    expect(await bob.next('onUpdateAttributeStream')).toEqual({ id: streamId, attrs });
    expect(await ours.next('stream_changed')).toMatchObject({ id: streamId, attributes: attrs });
    expect(there.controller.counters().watchers).toBe(1);
    await bob.ask('unsubscribe', streamId);
    expect(there.controller.counters().watchers).toBe(1);
    await cleo.ask('clientDisconnection', undefined);
    await eventually(() => there.controller.counters().watchers === 0);
  });

  it('is told to no controller that has no grant of its room from the edge', async () => {
    const [here, there] = [await newWorld(), await newWorld()];
    const ann = await here.join();
    const [id] = await ann.ask('publish', chat);
    here.meet({ ...elsewhere, controller: there.neighbours.endpoint });
    const { roomId } = here;
    const link = there.zmq.dial({
      to: { nodeId: here.node.nodeId, endpoint: here.neighbours.endpoint },
      hello: JSON.stringify({ kind: 'controller', id: 'us-east-1/1' }),
      name: 'watcher',
    });
    const peer = RpcPeer.create(
      {
        link,
        clock: systemClock,
        handlers: { 'stream.data': () => undefined, 'p2p.toSubscriber': () => undefined },
      },
      { outgoing: watcherToOwner, incoming: ownerToWatcher },
    );
    there.edge.addRoom(roomId);
    const facts = { erizos: [], streams: [] };
    // That of another edge: the two have keys of their own.
    const { grant } = await there.edge.call('room.enter', {
      ...{ roomId, facts, entry: await there.edge.entry(roomId) },
    });
    const stream = { roomId, streamId: String(id) };
    const watched = peer.call('stream.watch', { ...stream, grant });
    await expect(watched).rejects.toMatchObject({ code: 'forbidden' });
    expect(here.neighbours.watchers).toBe(0);
    const entered = await here.edge.call('room.enter', {
      ...{ roomId, facts, entry: await here.edge.entry(roomId) },
    });
    await peer.call('stream.watch', { ...stream, grant: entered.grant });
    expect(here.neighbours.watchers).toBe(1);
    peer.close();
  });

  it('is heard again when its controller is reached elsewhere', async () => {
    const { here, there, ann, viewer } = await twoControllers(newWorld);
    const [streamId] = await ann.ask('publish', chat);
    await tell(there, here);
    const bob = await viewer();
    await bob.ask('subscribe', { options: { streamId } });
    await there.neighbours.close();
    // One that refuses it, since it knows no rooms: what counts is that it is asked.
    await using moved = await Neighbours.create(
      { clock: systemClock, log: pino({ level: 'silent' }), zmq: there.zmq },
      { controllerId: 'us-east-1/2', ip: '127.0.0.1' },
    );
    const asked = Promise.withResolvers<string>();
    moved.listen({
      watched: async (_from, wanted) => {
        asked.resolve(wanted.streamId);
        await Promise.resolve();
      },
      data: () => undefined,
      p2pToPublisher: () => undefined,
      p2pToSubscriber: () => undefined,
      shared: () => Promise.resolve(),
      callerLost: () => undefined,
    });
    here.meet({ ...elsewhere, controller: moved.endpoint });
    expect(await asked.promise).toBe(streamId);
    await eventually(() => moved.watchers === 1);
    moved.data({ roomId: here.roomId, streamId: String(streamId) }, 'hello again');
    expect(await bob.next('onDataStream')).toEqual({ id: streamId, msg: 'hello again' });
  });
});

function attributesAtEdge(world: World, roomId = world.roomId): Record<string, unknown> {
  return world.edge.directory(roomId).streams[0]?.media.attributes ?? {};
}
