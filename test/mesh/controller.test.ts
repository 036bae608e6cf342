import { afterEach, describe, expect, it } from 'vitest';
import { badSdp } from '../fakes/fake-erizo.ts';
import { newTicketKey } from '../fakes/fake-edge.ts';
import { LicodeClient } from '../fakes/licode-client.ts';
import { elsewhere, eventually, publishMessage, self, until, World } from './controller-world.ts';

const worlds: World[] = [];
async function newWorld(options: Parameters<typeof World.create>[0] = {}): Promise<World> {
  const world = await World.create(options);
  worlds.push(world);
  return world;
}
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

const visitor = (world: World): { roomId: string; userName: string; role: string } => ({
  roomId: world.roomId,
  userName: 'ann',
  role: 'presenter',
});
const otherErizo = { erizoId: crypto.randomUUID(), endpoint: 'tcp://127.0.0.1:9' };
const otherStream = {
  streamId: '123456789012345678',
  clientId: crypto.randomUUID(),
  erizoId: otherErizo.erizoId,
  userName: 'bob',
  media: { audio: true, video: true, data: false, screen: false, label: 'l', attributes: {} },
};
const facts = { erizos: [otherErizo], streams: [otherStream] };

function query(token: object): Record<string, string> {
  return Object.fromEntries(Object.entries(token).map(([key, value]) => [key, String(value)]));
}

describe('joining', () => {
  it('lets a ticket in and says what is in the room', async () => {
    const world = await newWorld();
    world.edge.otherNode(world.roomId, elsewhere, facts);
    const clientId = crypto.randomUUID();
    const client = await world.join({ clientId, query: { plan: 'dual' } });
    expect(client.connected).toMatchObject({
      id: world.roomId,
      clientId,
      singlePC: false,
      p2p: false,
      defaultVideoBW: 300,
      maxVideoBW: 300,
      iceServers: [],
      region: self.region,
      plan: 'dual',
    });
    expect(client.connected['streams']).toEqual([
      { id: otherStream.streamId, region: elsewhere.region, ...otherStream.media },
    ]);
    expect(world.controller.load()).toEqual({ rooms: 1, clients: 1 });
  });

  it('lets the token of an unmodified client in, with the plan that such a client understands', async () => {
    const world = await newWorld();
    const token = await world.edge.token(world.host, visitor(world), world.roomId);
    const client = await LicodeClient.join(world.url, query(token));
    expect(client.connected).toMatchObject({ id: world.roomId, plan: 'stream' });
  });

  it('asks the Room object once, however many join', async () => {
    const world = await newWorld();
    await Promise.all([world.join(), world.join(), world.join()]);
    await world.join();
    expect(world.edge.count('room.enter')).toBe(1);
  });

  it('refuses tickets that are forged, expired, used or for another controller', async () => {
    const world = await newWorld();
    const who = { ...visitor(world), clientId: crypto.randomUUID() };
    const key = await newTicketKey();
    const used = await world.ticket();
    await LicodeClient.join(world.url, { ticket: used });
    const refusals = await Promise.all(
      [
        await world.edge.ticket(who, { key }),
        await world.edge.ticket(who, { now_ms: Date.now() - 600_000 }),
        used,
        await world.edge.ticket(who, { nodeId: 'us-east-1' }),
        'no ticket at all',
      ].map((ticket) => LicodeClient.refused(world.url, { ticket })),
    );
    expect(refusals.map((words) => words.split(' ').slice(0, 2).join(' '))).toEqual([
      'token: ticket_forged:',
      'token: ticket_expired:',
      'token: ticket_used:',
      'token: ticket_wrong_host:',
      'token: ticket_forged:',
    ]);
    expect(world.controller.load().clients).toBe(1);
  });

  it('refuses tokens that are forged, expired, used, malformed or for another host', async () => {
    const world = await newWorld();
    const fresh = () => world.edge.token(world.host, visitor(world), world.roomId);
    const used = await fresh();
    await LicodeClient.join(world.url, query(used));
    const consumed = world.edge.count('token.consume');
    const refusals = await Promise.all(
      [
        { ...(await fresh()), signature: 'bm90IG91cnM=' },
        await world.edge.token('127.0.0.9:1', visitor(world), world.roomId),
        {},
        await world.edge.token(world.host, 'expired', world.roomId),
        used,
      ].map((token) => LicodeClient.refused(world.url, query(token))),
    );
    expect(refusals.map((words) => words.split(' ').slice(0, 2).join(' '))).toEqual([
      'token: token_forged:',
      'token: token_wrong_host:',
      'token: token_malformed:',
      'token: token_expired:',
      'token: token_used:',
    ]);
    expect(world.edge.count('token.consume')).toBe(consumed + 2);
    await eventually(() => world.controller.counters().heldRooms === 1);
  });

  it('refuses a ticket for a room that does not exist and keeps nothing of it', async () => {
    const world = await newWorld();
    world.edge.forgetRoom(world.roomId);
    const words = await LicodeClient.refused(world.url, { ticket: await world.ticket() });
    expect(words).toMatch(/^token: not_found: /);
    expect(world.controller.counters()).toMatchObject({ heldRooms: 0, clients: 0 });
  });

  it('refuses everybody until it knows the keys of the edge', async () => {
    const world = await newWorld();
    world.edge.keys = undefined;
    const words = await LicodeClient.refused(world.url, { ticket: await world.ticket() });
    expect(words).toMatch(/^token: unavailable: /);
  });

  it('hangs up on a refused client that does not', async () => {
    const world = await newWorld();
    const client = new LicodeClient(world.url, { ticket: 'none' });
    await client.next('connect_error');
    client.socket.io.reconnection(false);
    await eventually(() => world.controller.counters().sockets === 0);
  });

  it('gives a client id to its newer join', async () => {
    const world = await newWorld();
    const clientId = crypto.randomUUID();
    const older = await world.join({ clientId });
    await world.publish(older);
    const newer = await world.join({ clientId });
    expect(await older.next('room_ended')).toMatchObject({ code: 'conflict' });
    await older.next('disconnect');
    expect(newer.connected['streams']).toEqual([]);
    expect(world.controller.load().clients).toBe(1);
    await world.publish(newer);
  });
});

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
      label: 'camera',
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
      `you publish no stream ${streamId}`,
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
    const recording = { options: { ...publishMessage.options, state: 'url' }, sdp: 'rtsp://x' };
    expect((await ann.ask('publish', recording))[1]).toMatch(/not supported here/);
    expect((await ann.ask('publish', { options: { state: 'erizo', audio: 7 } }))[0]).toBeNull();
    expect((await ann.ask('publish', 'nonsense'))[0]).toBeNull();
    expect((await ann.ask('startRecorder', { to: '1' }))[1]).toMatch(/not supported here/);
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
      'as the test wants it: overloaded',
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
        roomId: world.roomId,
        clientId: bob.clientId,
        streamId,
        route: [],
        options: { audio: true, video: true, label: 'camera', plan: 'stream' },
      },
    ]);
    const again = await bob.ask('subscribe', { options: { streamId, audio: true } });
    expect(again.slice(0, 2)).toEqual([null, `you are subscribed to stream ${streamId} already`]);
    expect(await bob.ask('unsubscribe', streamId)).toEqual([true]);
    expect(world.erizo(0).paramsOf('removeSubscriber')).toHaveLength(1);
    expect((await bob.ask('unsubscribe', streamId))[0]).toBeNull();
    await world.subscribe(bob, streamId);
  });

  it('answers for a stream that does not exist', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const streamId = '111111111111111111';
    const answer = await ann.ask('subscribe', { options: { streamId, audio: true, video: true } });
    expect(answer.slice(0, 2)).toEqual([null, `stream ${streamId} does not exist`]);
    expect(world.agent.erizos).toHaveLength(0);
  });

  it('gives the way to a stream of another region, and shows when it comes and goes', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, facts);
    expect(await ann.next('onAddStream')).toMatchObject({
      id: otherStream.streamId,
      region: elsewhere.region,
    });
    await world.subscribe(ann, otherStream.streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')[0]?.route).toEqual([
      { ...otherErizo, ...elsewhere },
    ]);
    world.edge.otherNode(world.roomId, elsewhere, { erizos: [], streams: [] });
    expect(await ann.next('onRemoveStream')).toEqual({ id: otherStream.streamId });
    await eventually(() => world.erizo(0).paramsOf('removeSubscriber').length === 1);
  });

  it('tries again with a fresh way when the old one ends nowhere', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, facts);
    await ann.next('onAddStream');
    await world.publish(ann);
    world.erizo(0).failNext.push('not_found', 'unavailable');
    await world.subscribe(ann, otherStream.streamId);
    expect(world.erizo(0).paramsOf('addSubscriber')).toHaveLength(3);
  });

  it('gives up after three times, in words', async () => {
    const world = await newWorld();
    const ann = await world.join();
    world.edge.otherNode(world.roomId, elsewhere, facts);
    await ann.next('onAddStream');
    await world.publish(ann);
    world.erizo(0).failNext.push('not_found', 'unavailable', 'not_found');
    await expect(world.subscribe(ann, otherStream.streamId)).rejects.toThrow(/not_found/);
    expect(world.controller.counters().subscriptions).toBe(0);
  });

  it('tells a subscriber whose stream ended by itself, and it may subscribe again', async () => {
    const world = await newWorld();
    const ann = await world.join();
    const bob = await world.join();
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
    expect(answer.slice(0, 2)).toEqual([null, `you have no connection ${String(connectionId)}`]);
    expect(world.erizo(0).paramsOf('processConnectionMessage')).toHaveLength(0);
  });
});

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
    'fails what was there and gives another one at the next request when %s',
    async (how) => {
      const world = await newWorld();
      const ann = await world.join();
      const bob = await world.join();
      world.edge.otherNode(world.roomId, elsewhere, facts);
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
    world.edge.otherNode(world.roomId, elsewhere, facts);
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
    world.edge.otherNode(world.roomId, elsewhere, facts);
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
