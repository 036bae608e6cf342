import { describe, expect, it } from 'vitest';
import type { ChannelSocket } from '../../../nodes/controller/channel.ts';
import { Channel } from '../../../nodes/controller/channel.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Received } from '../../../nodes/controller/reliable-socket.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

class FakeSocket implements ChannelSocket {
  readonly sent: unknown[] = [];
  ended = false;
  #onAny: ((event: string, ...args: unknown[]) => void) | undefined;
  #onGone: ((reason: string) => void) | undefined;

  emit(...args: unknown[]): void {
    this.sent.push(args);
  }
  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#onAny = listener;
  }
  offAny(): void {
    this.#onAny = undefined;
  }
  on(_event: 'disconnect', listener: (reason: string) => void): void {
    this.#onGone = listener;
  }
  off(): void {
    this.#onGone = undefined;
  }
  disconnect(reason: unknown = 'transport close'): void {
    this.ended = true;
    this.#onGone?.(String(reason));
  }
  arrive(event: string, ...args: unknown[]): void {
    this.#onAny?.(event, ...args);
  }
  /** The client has heard the first that it was told. */
  hears(): void {
    this.arrive('socketgd_ack', { id: 0 });
    this.sent.splice(0);
  }
}

function setUp() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const received: Received[] = [];
  const channel = new Channel(
    { clock },
    {
      onMessage: (message) => {
        told.push(message.event);
        received.push(message);
      },
      onFlood: () => told.push('floods'),
      onReconnecting: () => told.push('reconnecting'),
      onStuck: (why) => told.push(why),
      onFault: () => told.push('fault'),
      onEnd: (why, goodbye) => told.push(`ended: ${why}${goodbye ? ' for good' : ''}`),
    },
  );
  const socket = new FakeSocket();
  const line = new FakeLine();
  channel.attach(socket, line);
  return { clock, channel, told, received, socket, line };
}

describe('a channel', () => {
  it('tells of a client that floods, whatever it sends, and not of one that confirms what it gets', () => {
    const { clock, channel, told, socket } = setUp();
    for (let index = 0; index < defaults.flood_perSecond; index += 1) {
      channel.send('onAddStream', {});
      socket.arrive('socketgd_ack', { id: index });
    }
    for (let index = 0; index < defaults.flood_perSecond - 2; index += 1) {
      socket.arrive('socketgd_ack', { id: 7 });
    }
    socket.arrive('publish', { socketgd: 0, msg: {} });
    socket.arrive('publish', { socketgd: 0, msg: {} });
    expect(told).toEqual(['publish']);
    socket.arrive('subscribe', { socketgd: 1, msg: {} });
    expect(told).toEqual(['publish', 'floods']);
    clock.advance(1_000);
    socket.arrive('subscribe', { socketgd: 2, msg: {} });
    expect(told).toEqual(['publish', 'floods', 'subscribe']);
  });

  it('ends at once for a client that ended its socket on purpose, and for good where it had heard us', () => {
    for (const [confirms, end] of [
      [true, 'ended: it left for good'],
      [false, 'ended: it left'],
    ] as const) {
      const { channel, told, socket } = setUp();
      channel.send('connected', {});
      channel.send('onStamp', {});
      if (confirms) {
        socket.arrive('socketgd_ack', { id: 0 });
      }
      socket.disconnect('client namespace disconnect');
      expect(channel.at).toBe('disconnected');
      expect(told).toEqual([end]);
    }
  });

  it('waits for a client that lost its socket, and no longer than it may take', () => {
    const { clock, channel, told, socket } = setUp();
    channel.send('connected', {});
    socket.hears();
    socket.disconnect();
    expect(channel.at).toBe('reconnecting');
    clock.advance(limits.reconnection_ms - 1);
    expect(told).toEqual(['reconnecting']);
    clock.advance(1);
    expect(channel.at).toBe('disconnected');
    expect(told).toEqual(['reconnecting', 'ended: it did not come back']);
  });

  it('ends soon for a client that is lost before it heard us, whatever else it was told', () => {
    const { clock, channel, told, socket } = setUp();
    channel.send('connected', {});
    for (let times = 0; times < 3; times += 1) {
      channel.send('stream_changed', { times }, { key: 'a stream' });
    }
    socket.disconnect();
    clock.advance(defaults.unheard_ms);
    expect(channel.at).toBe('disconnected');
    expect(told).toEqual(['reconnecting', 'ended: it did not come back']);
  });

  it('goes on with the next socket and sends what was missed', () => {
    const { clock, channel, told, socket } = setUp();
    channel.send('connected', {});
    socket.hears();
    socket.disconnect();
    channel.send('onAddStream', 1);
    const next = new FakeSocket();
    channel.attach(next, new FakeLine());
    expect(next.sent).toEqual([['onAddStream', { socketgd: 1, msg: 1 }]]);
    clock.advance(limits.reconnection_ms * 2);
    expect(channel.at).toBe('connected');
    next.arrive('publish', { socketgd: 0 });
    expect(told).toEqual(['reconnecting', 'publish']);
    expect(clock.pending).toBe(0);
  });

  it('takes a new socket while the old one seems to live, and ends the old one', () => {
    const { channel, told, socket } = setUp();
    const next = new FakeSocket();
    channel.attach(next, new FakeLine());
    expect(socket.ended).toBe(true);
    socket.arrive('publish', { socketgd: 0 });
    expect(told).toEqual([]);
    expect(channel.at).toBe('connected');
  });

  it('ends once, and takes no socket after that', () => {
    const { channel, told, socket } = setUp();
    channel.close('it left');
    channel.close('again');
    expect(told).toEqual(['ended: it left']);
    expect(socket.ended).toBe(true);
    const late = new FakeSocket();
    channel.attach(late, new FakeLine());
    channel.send('onAddStream', 1);
    expect(late.ended).toBe(true);
    expect(late.sent).toEqual([]);
  });

  it('gives up a client that confirms nothing', () => {
    const { channel, told } = setUp();
    for (let index = 0; index <= defaults.unconfirmedMessages; index += 1) {
      channel.send('onAddStream', index);
    }
    expect(told).toEqual(['it confirms no message']);
  });

  it('leaves data out for a client that takes less than comes, and sends all else', () => {
    const { channel, told, socket, line } = setUp();
    line.unsent_bytes = defaults.unsentData_bytes + 1;
    expect(channel.send('onDataStream', 'x', { data_bytes: 1 })).toBe(false);
    expect(channel.send('onAddStream', 'x')).toBe(true);
    line.unsent_bytes = defaults.unsentData_bytes;
    expect(channel.send('onDataStream', 'y', { data_bytes: 1 })).toBe(true);
    expect(socket.sent.map((args) => (args as unknown[])[0])).toEqual([
      ...['onAddStream', 'onDataStream'],
    ]);
    expect(told).toEqual([]);
  });

  it('gives up a client that takes nothing, whether it is told or answered', () => {
    for (const isAnswered of [false, true]) {
      const { channel, told, socket, line, received } = setUp();
      socket.arrive('publish', { socketgd: 0, msg: {} });
      line.unsent_bytes = defaults.unsent_bytes + 1;
      if (isAnswered) {
        received[0]?.answer('id');
      } else {
        channel.send('onAddStream', {});
      }
      expect(told).toEqual(['publish', 'it takes nothing that it is sent']);
      expect(channel.send('onAddStream', {})).toBe(false);
      // What it asks meanwhile would be one more answer that it does not take.
      socket.arrive('publish', { socketgd: 1, msg: {} });
      expect(received).toHaveLength(1);
      channel.close('it is over');
      expect(line.isCut).toBe(true);
    }
  });

  it('lets a farewell leave before the socket ends', () => {
    const { channel, line } = setUp();
    line.unsent_bytes = defaults.farewell_bytes;
    channel.close('it left');
    expect(line.isCut).toBe(false);
  });
});
