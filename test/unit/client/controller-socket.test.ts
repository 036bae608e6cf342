import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import type { Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Channel } from '../../../client/sdk/channel.ts';
import { openSocketIo } from '../../../client/sdk/controller-socket.ts';
import { defaults } from '../../../client/sdk/defaults.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { connectedMessage } from '../../fakes/fake-controller-socket.ts';

let server: Server;
let url: string;
let channel: Channel;
/** What the next handshake is refused with. */
let refusal: string | undefined;

beforeEach(async () => {
  refusal = undefined;
  const http = createServer();
  server = new Server(http, { transports: ['websocket'] });
  server.use((_socket, next) => {
    next(refusal === undefined ? undefined : Object.assign(new Error('no'), { data: refusal }));
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const socket = openSocketIo(url, { ticket: 'secret', plan: 'dual' }, defaults);
  channel = new Channel({ clock: systemClock, socket }, { reconnectionQuery: { plan: 'dual' } });
});

afterEach(async () => {
  channel.close();
  await server.close();
});

function nextSocket(): Promise<Socket> {
  return new Promise((resolve) => {
    server.once('connection', resolve);
  });
}

function nextOf(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    socket.once(event, (...args: unknown[]) => resolve(args));
  });
}

async function open(): Promise<Socket> {
  const connection = nextSocket();
  const opened = channel.open();
  const socket = await connection;
  const confirmed = nextOf(socket, 'socketgd_ack');
  socket.emit('connected', { socketgd: 0, msg: connectedMessage });
  await opened;
  expect(await confirmed).toEqual([{ id: 0 }]);
  return socket;
}

describe('openSocketIo', () => {
  it('shows its ticket over a websocket and hears the answers to its calls', async () => {
    const socket = await open();
    expect(socket.conn.transport.name).toBe('websocket');
    expect(socket.handshake.query).toMatchObject({ ticket: 'secret', plan: 'dual' });
    socket.on('publish', (wrapped, answer) => answer('id', JSON.stringify(wrapped)));
    expect(await channel.call('publish', { a: 1 })).toEqual(['id', '{"socketgd":0,"msg":{"a":1}}']);
  });

  it('comes back by its return key, which the URL does not hold, and without the ticket, and repeats what was not confirmed', async () => {
    const first = await open();
    const publish = nextOf(first, 'publish');
    const call = channel.call('publish', 'mine');
    await publish;
    const connection = nextSocket();
    const reconnected = new Promise((resolve) => {
      channel.on('reconnected', resolve);
    });
    first.conn.close();
    const second = await connection;
    second.on('publish', (wrapped, answer) => answer('id', JSON.stringify(wrapped)));
    await reconnected;
    expect(second.handshake.query).toMatchObject({ plan: 'dual' });
    expect(second.handshake.auth).toEqual({ returnKey: connectedMessage.returnKey });
    expect(second.handshake.url).not.toContain(connectedMessage.returnKey);
    expect(second.handshake.query['ticket']).toBeUndefined();
    expect(await call).toEqual(['id', '{"socketgd":0,"msg":"mine"}']);
  });

  it('ends when it is not known any more where it comes back', async () => {
    const socket = await open();
    const closed = new Promise<{ reason: string }>((resolve) => {
      channel.on('closed', resolve);
    });
    refusal = 'not_found: join again';
    socket.conn.close();
    expect((await closed).reason).toMatch(/join again/);
  });

  it('hands on the words of a refused handshake', async () => {
    refusal = 'token: ticket_used: the ticket was used before';
    await expect(channel.open()).rejects.toMatchObject({ code: 'ticket_used' });
  });

  it('tells the controller that it leaves before it hangs up', async () => {
    const socket = await open();
    const leaving = nextOf(socket, 'clientDisconnection');
    const gone = nextOf(socket, 'disconnect');
    channel.close();
    expect(await leaving).toMatchObject([{ socketgd: 0 }]);
    expect(await gone).toContain('transport close');
  });

  it('ends when the controller hangs up on purpose', async () => {
    const socket = await open();
    const closed = new Promise((resolve) => {
      channel.on('closed', resolve);
    });
    socket.disconnect(true);
    await expect(closed).resolves.toEqual({ reason: 'the room was closed' });
  });
});
