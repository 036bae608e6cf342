import { describe, expect, it } from 'vitest';
import { LicodeClient } from '../../fakes/licode-client.ts';
import {
  elsewhere,
  eventually,
  otherFacts,
  otherStream,
  self,
  until,
  visitor,
  worldsOfTests,
} from './world.ts';

const newWorld = worldsOfTests();

describe('losing the socket', () => {
  it('replays what a client missed, and answers what it asked', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    await until(bob, 'onAddStream', streamId);
    bob.mute = true;
    const streams = [await world.publish(ann), await world.publish(ann)];
    bob.cut({ comeBack: true });
    bob.mute = false;
    const asked = bob.ask('subscribe', { options: { streamId, audio: true } });
    for (const id of streams) {
      expect(await bob.next('onAddStream')).toMatchObject({ id });
    }
    expect((await asked)[0]).toBe(true);
    expect(bob.left('connected')).toBe(0);
    expect(world.controller.load().clients).toBe(2);
  });

  it('lets nobody come back who was not here', async () => {
    const world = await newWorld();
    const words = await LicodeClient.refused(world.url, { clientId: crypto.randomUUID() });
    expect(words).toMatch(/^not_found: /);
  });

  it.each(['dual', 'single', 'stream'])(
    'lets nobody take the place of a client of plan %s by the id that others know',
    async (plan) => {
      const world = await newWorld();
      const clientId = crypto.randomUUID();
      const ann = await world.join({ clientId, query: { plan } });
      const inUrl = await LicodeClient.refused(world.url, { clientId });
      const inAuth = await LicodeClient.refused(world.url, { plan }, { returnKey: clientId });
      expect([inUrl, inAuth]).toEqual([
        expect.stringMatching(/^not_found: /),
        expect.stringMatching(/^not_found: /),
      ]);
      expect(ann.left('disconnect')).toBe(0);
      expect((await ann.ask('heartbeat', undefined))[0]).toBeUndefined();
      expect(ann.returnKey).not.toBe(clientId);
    },
  );

  it('lets a client come back whose key stands in the auth of its handshake', async () => {
    const world = await newWorld();
    const { socket, returnKey } = await world.join({ query: { plan: 'dual' } });
    const again = new LicodeClient(world.url, { plan: 'dual' }, { returnKey });
    expect(await again.ask('heartbeat', undefined)).toEqual([]);
    expect(world.controller.load().clients).toBe(1);
    again.socket.disconnect();
    socket.disconnect();
  });

  it('ends a client at once that says that it leaves', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    const streamId = await world.publish(ann);
    void ann.ask('clientDisconnection', undefined);
    expect(await until(bob, 'onAddStream', streamId)).toBeUndefined();
    expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
    expect(world.controller.load().clients).toBe(1);
  });
});

describe('losing an ErizoJS process', () => {
  it.each(['its link breaks', 'its agent says so'])(
    'fails what a client of ours has there and gives it another one at its next request when %s',
    async (how) => {
      const world = await newWorld();
      const query = { plan: 'dual' };
      const ann = await world.join({ query });
      const bob = await world.join({ query });
      world.edge.otherNode(world.roomId, elsewhere, otherFacts);
      const streamId = await world.publish(ann);
      await world.subscribe(bob, otherStream.streamId);
      const dead = world.erizo(0);
      if (how === 'its link breaks') {
        await dead.die();
      } else {
        world.agent.tellExited(dead.erizoId);
      }
      expect(await ann.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
      expect(await bob.next('connection_failed')).toMatchObject({
        type: 'subscribe',
        streamId: otherStream.streamId,
        code: 'unavailable',
      });
      expect(await bob.next('onRemoveStream')).toEqual({ id: streamId });
      const next = await world.publish(ann);
      expect(world.agent.erizos).toHaveLength(2);
      await world.subscribe(bob, next);
      await eventually(() => world.edge.directory(world.roomId).streams.length === 2);
      const mine = world.edge
        .directory(world.roomId)
        .erizos.filter((e) => e.nodeId === self.nodeId);
      expect(mine.map(({ erizoId }) => erizoId)).toEqual([world.erizo(1).erizoId]);
    },
  );

  it('opens a publisher at the next process when the first dies before it answers', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await world.publish(ann);
    world.erizo(0).failNext.push('link_down');
    await world.publish(ann);
    expect(world.erizo(0).paramsOf('addPublisher')).toHaveLength(3);
  });
});

describe('the edge', () => {
  it('may go away: rooms go on, and it learns all when it is back', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
    world.edge.goAway();
    const streamId = await world.publish(ann);
    await world.subscribe(bob, streamId);
    const carl = await world.join();
    expect(carl.connected['streams']).toHaveLength(1);
    const other = await world.edge.ticket({
      ...visitor(world),
      roomId: 'ffffffffffffffffffffffff',
      clientId: crypto.randomUUID(),
    });
    expect(await LicodeClient.refused(world.url, { ticket: other })).toMatch(
      /^token: unavailable: /,
    );
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    world.edge.comeBack();
    expect(await carl.next('onAddStream')).toMatchObject({ id: otherStream.streamId });
    const known = world.edge.directory(world.roomId).streams.map((stream) => stream.streamId);
    expect(new Set(known)).toEqual(new Set([streamId, otherStream.streamId]));
    expect(world.controller.counters().heldRooms).toBe(1);
  });

  it('tells the newest state once where many changes come while it is slow', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await world.publish(ann);
    await eventually(() => world.edge.directory(world.roomId).streams.length === 1);
    const before = world.edge.count('room.facts');
    const release = world.edge.hold();
    for (let index = 0; index < 5; index += 1) {
      await world.publish(ann);
    }
    expect(world.edge.count('room.facts')).toBe(before + 1);
    release();
    await eventually(() => world.edge.directory(world.roomId).streams.length === 6);
    expect(world.edge.count('room.facts')).toBe(before + 2);
  });

  it('is asked for the whole when a change was missed', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const nobody = { erizos: [], streams: [] };
    world.edge.otherNode(world.roomId, elsewhere, nobody, { push: false });
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    expect(await ann.next('onAddStream')).toMatchObject({ id: otherStream.streamId });
    expect(world.edge.count('room.enter')).toBe(2);
  });

  it('deletes a room: its clients are told and disconnected', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await world.publish(ann);
    world.edge.deleteRoom(world.roomId);
    expect(await ann.next('room_ended')).toEqual({
      code: 'not_found',
      message: 'the room was deleted',
    });
    await ann.next('disconnect');
    await eventually(() => world.controller.counters().erizos === 0);
    expect(world.controller.counters()).toMatchObject({ heldRooms: 0, clients: 0 });
  });

  it('forgot a room: its clients are told and disconnected', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.goAway();
    world.edge.forgetRoom(world.roomId);
    world.edge.comeBack();
    expect(await ann.next('room_ended')).toMatchObject({ code: 'not_found' });
    await eventually(() => world.controller.counters().heldRooms === 0);
  });

  it('is told that a room is empty when it comes back', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await world.publish(ann);
    await eventually(() => world.edge.directory(world.roomId).streams.length === 1);
    world.edge.goAway();
    await ann.ask('clientDisconnection', undefined);
    expect(world.controller.load()).toEqual({ rooms: 0, clients: 0 });
    world.edge.comeBack();
    await eventually(() => world.controller.counters().heldRooms === 0);
    expect(world.edge.directory(world.roomId).streams).toEqual([]);
  });
});

describe('closing', () => {
  it('tells its clients and ends every conversation', async () => {
    const world = await newWorld();
    const ann = await world.join();
    await world.publish(ann);
    await world.controller.close();
    await world.controller.close();
    expect(await ann.next('room_ended')).toMatchObject({ code: 'unavailable' });
    await ann.next('disconnect');
    expect(world.controller.counters()).toMatchObject({ clients: 0, erizos: 0, heldRooms: 0 });
  });
});
