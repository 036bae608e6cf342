import { describe, expect, it } from 'vitest';
import { Channel } from '../../../client/sdk/channel.ts';
import { defaults } from '../../../client/sdk/defaults.ts';
import { limits } from '../../../protocol/limits.ts';
import { connectedMessage, FakeControllerSocket } from '../../fakes/fake-controller-socket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function newChannel() {
  const clock = new VirtualClock();
  const socket = new FakeControllerSocket('ws://here', { ticket: 't' });
  const channel = new Channel({ clock, socket }, { reconnectionQuery: { plan: 'dual' } });
  const heard: string[] = [];
  channel.on('reconnecting', ({ reason }) => heard.push(`reconnecting: ${reason}`));
  channel.on('reconnected', () => heard.push('reconnected'));
  channel.on('closed', ({ reason }) => heard.push(`closed: ${reason}`));
  channel.on('message', ({ event }) => heard.push(event));
  return { clock, socket, channel, heard };
}

async function openChannel() {
  const parts = newChannel();
  const opened = parts.channel.open();
  parts.socket.up();
  parts.socket.tell('connected', connectedMessage);
  await opened;
  return parts;
}

describe('Channel', () => {
  it('is open when the controller said who we are', async () => {
    const { channel, socket } = newChannel();
    const opened = channel.open();
    socket.up();
    socket.tell('connected', connectedMessage);
    await expect(opened).resolves.toMatchObject({ clientId: connectedMessage.clientId });
    expect(channel.isUp).toBe(true);
  });

  it('throws the code and the words of a refused handshake', async () => {
    const { channel, socket } = newChannel();
    const opened = channel.open();
    socket.refuse('token: ticket_used: the ticket was used before');
    await expect(opened).rejects.toMatchObject({
      code: 'ticket_used',
      message: 'the ticket was used before',
    });
    expect(socket.state).toBe('ended');
  });

  it('gives a controller up that does not answer in time', async () => {
    const { channel, socket, clock } = newChannel();
    const opened = channel.open();
    clock.advance(defaults.controllerAnswer_ms);
    await expect(opened).rejects.toMatchObject({ code: 'timeout' });
    expect(socket.state).toBe('ended');
  });

  it('refuses a first event that does not parse', async () => {
    const { channel, socket } = newChannel();
    const opened = channel.open();
    socket.up();
    socket.tell('connected', { ...connectedMessage, clientId: 'me' });
    await expect(opened).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('comes back by its return key and sends again what was not confirmed', async () => {
    const { channel, socket, heard } = await openChannel();
    channel.send('connectionMessage', 1);
    channel.send('connectionMessage', 2);
    socket.confirm(0);
    socket.down('transport close');
    channel.send('connectionMessage', 3);
    expect(socket.query).toEqual({ plan: 'dual' });
    expect(socket.auth).toEqual({ returnKey: connectedMessage.returnKey });
    socket.sent.length = 0;
    socket.up();
    expect(socket.sent.map(({ message }) => message)).toEqual([2, 3]);
    expect(heard).toEqual(['reconnecting: transport close', 'reconnected']);
  });

  it('fails a call at once whose answer went down with the socket', async () => {
    const { channel, socket } = await openChannel();
    const confirmed = channel.call('publish', 1);
    const open = channel.call('publish', 2);
    socket.confirm(0);
    socket.down('transport close');
    socket.up();
    await expect(confirmed).rejects.toMatchObject({ code: 'link_down' });
    socket.sent.at(-1)?.answer('id');
    await expect(open).resolves.toEqual(['id']);
  });

  it('ends when it could not come back for as long as the controller waits', async () => {
    const { channel, socket, clock, heard } = await openChannel();
    const call = channel.call('publish', 1);
    socket.down('ping timeout');
    clock.advance(limits.reconnection_ms);
    expect(heard.at(-1)).toMatch(/^closed: the controller could not be reached/);
    expect(socket.state).toBe('ended');
    await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/cancelled|timeout/) });
    await expect(channel.call('publish', 2)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends when the controller does not know us any more', async () => {
    const { socket, heard } = await openChannel();
    socket.down('transport close');
    socket.refuse('not_found: join again');
    expect(heard.at(-1)).toMatch(/^closed: .*join again/);
  });

  it('does not dial again where the controller hung up', async () => {
    const { socket, heard } = await openChannel();
    socket.down('io server disconnect', true);
    expect(heard).toEqual(['closed: the room was closed']);
  });

  it('tells the controller that it leaves, once', async () => {
    const { channel, socket, heard } = await openChannel();
    channel.close();
    channel.close();
    expect(socket.of('clientDisconnection')).toHaveLength(1);
    expect(socket.state).toBe('ended');
    expect(heard).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const { channel, socket, clock } = await openChannel();
    const call = channel.call('publish', 1);
    socket.down('transport close');
    channel.close();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(clock.pending).toBe(0);
  });
});
