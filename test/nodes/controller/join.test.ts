import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LicodeClient } from '../../fakes/licode-client.ts';
import {
  elsewhere,
  eventually,
  otherFacts,
  otherStream,
  self,
  visitor,
  worldsOfTests,
} from './world.ts';

const newWorld = worldsOfTests();

function query(token: object): Record<string, string> {
  return Object.fromEntries(Object.entries(token).map(([key, value]) => [key, String(value)]));
}

describe('joining', () => {
  it('lets a ticket in and says what is in the room', async () => {
    const world = await newWorld();
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
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
      {
        id: otherStream.streamId,
        region: elsewhere.region,
        ...otherStream.media,
        label: otherStream.streamId,
      },
    ]);
    expect(world.controller.load()).toEqual({ rooms: 1, clients: 1 });
  });

  it('lets the token of an unmodified client in, with the plan that such a client understands', async () => {
    const world = await newWorld();
    const token = await world.edge.token(world.host, visitor(world), world.roomId);
    const client = await LicodeClient.join(world.url, query(token));
    expect(client.connected).toMatchObject({
      id: world.roomId,
      plan: 'stream',
      singlePC: false,
    });
    // Licode's client puts the options of `connect` beside the fields of the token.
    const another = await world.edge.token(world.host, visitor(world), world.roomId);
    const single = await LicodeClient.join(world.url, { ...query(another), singlePC: 'true' });
    expect(single.connected).toMatchObject({ plan: 'single', singlePC: true });
  });

  it('keeps a client that came by the later of two tickets when the other one arrives', async () => {
    const world = await newWorld();
    const clientId = crypto.randomUUID();
    const earlier = await world.ticket({ clientId });
    const issuedAt_ms = Date.now();
    await eventually(() => Date.now() > issuedAt_ms);
    const ann = await world.join({ clientId });
    const words = await LicodeClient.refused(world.url, { ticket: earlier });
    expect(words).toContain('ticket_used');
    expect(await ann.ask('heartbeat', undefined)).toEqual([]);
    expect(ann.left('room_ended')).toBe(0);
    const again = await world.join({ clientId });
    expect(await ann.next('room_ended')).toMatchObject({ code: 'conflict' });
    expect(await again.ask('heartbeat', undefined)).toEqual([]);
  });

  it('asks the Room object once, however many join', async () => {
    const world = await newWorld();
    await Promise.all([world.join(), world.join(), world.join()]);
    await world.join();
    expect(world.edge.count('room.enter')).toBe(1);
  });

  it('lets tickets in under either secret while a key of the edge is being changed, each once', async () => {
    const world = await newWorld();
    const other = '0'.repeat(64);
    const { keys } = world.edge;
    world.edge.keys = keys && { ...keys, ticketSecrets: [other, ...keys.ticketSecrets] };
    for (const key of [other, undefined]) {
      const who = { ...visitor(world), clientId: crypto.randomUUID() };
      const ticket = await world.edge.ticket(who, { ...(key === undefined ? {} : { key }) });
      await LicodeClient.join(world.url, { ticket });
      expect(await LicodeClient.refused(world.url, { ticket })).toContain('ticket_used');
    }
  });

  it('refuses tickets that are forged, expired, used or for another controller', async () => {
    const world = await newWorld();
    const who = { ...visitor(world), clientId: crypto.randomUUID() };
    const used = await world.ticket();
    await LicodeClient.join(world.url, { ticket: used });
    const refusals = await Promise.all(
      [
        await world.edge.ticket(who, { key: '0'.repeat(64) }),
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
    // As engine.io and socket.io frame it: 40 asks for the namespace, 44 refuses.
    const socket = new WebSocket(`${world.url}/socket.io/?EIO=4&transport=websocket&ticket=none`);
    const heard: string[] = [];
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('message', () => socket.send('40'));
    socket.on('message', (data: Buffer) => heard.push(data.toString().slice(0, 2)));
    await closed;
    expect(heard).toContain('44');
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
