import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { queryObjects } from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TrustedProxies } from '../../../nodes/trusted-proxies.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import type { World } from './world.ts';
import { eventually, worldsOfTests } from './world.ts';

/** What a controller does for connections before anybody is let in over them. */

const newWorld = worldsOfTests();
const sockets: WebSocket[] = [];

afterEach(() => sockets.splice(0).forEach((socket) => socket.terminate()));

/** A websocket of socket.io, to which anything can be sent. */
async function dial(
  world: World,
  { headers = {}, query = '' }: { headers?: Record<string, string>; query?: string } = {},
): Promise<WebSocket> {
  const url = `${world.url}/socket.io/?EIO=4&transport=websocket${query}`;
  const socket = new WebSocket(url, { headers });
  sockets.push(socket);
  await once(socket, 'open');
  return socket;
}

/** Resolves when the socket is closed; what it was sent. */
async function untilClosed(socket: WebSocket): Promise<string[]> {
  const heard: string[] = [];
  socket.on('message', (text: Buffer) => heard.push(text.toString()));
  await once(socket, 'close');
  return heard;
}

async function refusals(world: World): Promise<Record<string, number>> {
  const metric = await world.registry.getSingleMetric('rizoma_joins_refused_total')?.get();
  const values = metric?.values ?? [];
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels['code']), value]));
}

describe('a connection', () => {
  it('has one handshake: a second one after a refusal ends it, and is not looked at', async () => {
    const world = await newWorld();
    const socket = await dial(world);
    const heard = untilClosed(socket);
    // CONNECT to the main namespace, with nothing that lets anybody in.
    socket.send('40');
    socket.send('40');
    expect((await heard).filter((text) => text.startsWith('44')).length).toBeLessThanOrEqual(1);
    expect(await refusals(world)).toEqual({ token_malformed: 1 });
  });

  it('leaves nothing when it was ended for a second handshake, however many do', async () => {
    const world = await newWorld();
    const before = queryObjects(IncomingMessage, { format: 'count' });
    const many = 50;
    for (let count = 0; count < many; count += 1) {
      const socket = await dial(world);
      const closed = untilClosed(socket);
      socket.send('40');
      socket.send('40');
      await closed;
    }
    sockets.splice(0);
    await eventually(() => queryObjects(IncomingMessage, { format: 'count' }) < before + many / 2);
  });

  it('has one handshake: a second one while the first is looked at ends it, and lets nobody in', async () => {
    const world = await newWorld();
    const ticket = encodeURIComponent(await world.ticket());
    const socket = await dial(world, { query: `&ticket=${ticket}` });
    const heard = untilClosed(socket);
    socket.send('40');
    socket.send('40');
    // What the first one would have been told, were it let in, or the second one of the ticket that was used.
    expect((await heard).filter((text) => text.startsWith('4'))).toEqual([]);
    expect(await refusals(world)).toEqual({});
    expect(world.controller.load().clients).toBe(0);
  });

  it('of a client that is in the room ends with a second handshake, and the client may come back', async () => {
    const world = await newWorld();
    const ann = await world.join();
    ann.socket.io.engine.write('40');
    expect(await ann.next('disconnect')).toMatch(/transport/);
    expect(await ann.ask('heartbeat', undefined)).toEqual([]);
    expect(world.controller.load().clients).toBe(1);
  });

  it('over which nobody was let in ends after some packets', async () => {
    const world = await newWorld();
    const socket = await dial(world);
    const closed = untilClosed(socket);
    // To a namespace that is not there, which is refused without a look at anything.
    for (let sent = 0; sent < 9; sent += 1) {
      socket.send('40/nowhere,');
    }
    expect((await closed).length).toBeLessThan(10);
  });
});

describe('an address', () => {
  /** Two at once, and another one after 5 s: the exact numbers are those of the door alone. */
  const few = { handshakes_perSecond: 0.2 };

  it('that sends more handshakes than it may is refused before they are looked at', async () => {
    const world = await newWorld({ door: few });
    for (let sent = 0; sent < 2; sent += 1) {
      expect(await LicodeClient.refused(world.url, {})).toContain('token_malformed');
    }
    // As engine.io 6.6 refuses a WebSocket, whatever the reason.
    await expect(dial(world)).rejects.toThrow('400');
    expect(await refusals(world)).toEqual({ token_malformed: 2, rate_limited: 1 });
  });

  it('may bring 200 people at once, who need one handshake each', async () => {
    const world = await newWorld({ door: { handshakes_perSecond: 20 } });
    const people = await Promise.all(Array.from({ length: 200 }, () => world.join()));
    expect(world.controller.load().clients).toBe(200);
    for (const { socket } of people) {
      socket.disconnect();
    }
  });

  it('is that of the client where a trusted proxy says so, and else that of the connection', async () => {
    const trustedProxies = new TrustedProxies(['127.0.0.1']);
    const world = await newWorld({ door: { ...few, trustedProxies } });
    const from = (to: World, address: string) =>
      dial(to, { headers: { 'x-forwarded-for': address } });
    await from(world, '2001:db8::1');
    await from(world, '2001:db8::1');
    await expect(from(world, '2001:db8::2')).rejects.toThrow('400');
    await from(world, '2001:db8:0:1::1');
    await from(world, '192.0.2.1');
    const apart = await newWorld({ door: few });
    await from(apart, '192.0.2.1');
    await from(apart, '192.0.2.2');
    await expect(from(apart, '192.0.2.3')).rejects.toThrow('400');
  });
});
