import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { Line } from '../../../nodes/controller/line.ts';
import { TokenBucket } from '../../../nodes/token-bucket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const KiB = 1024;

/** A connection of engine.io, and the WebSocket below it. */
class Connection extends EventEmitter {
  readonly transport = Object.assign(new EventEmitter(), {
    socket: {
      pause: () => this.did.push('pause'),
      resume: () => this.did.push('resume'),
      terminate: () => this.did.push('terminate'),
    },
  });
  readonly did: string[] = [];

  hear(chars: number): void {
    this.emit('packet', { type: 'message', data: 'x'.repeat(chars) });
  }

  send(chars: number): void {
    this.emit('packetCreate', { type: 'message', data: 'x'.repeat(chars) });
  }
}

function setUp() {
  const clock = new VirtualClock();
  const connection = new Connection();
  const line = Line.create({ clock, connection });
  return { clock, connection, line };
}

function ofClient() {
  const world = setUp();
  const options = { perSecond: 512 * KiB, burst: 2048 * KiB };
  const payer = new TokenBucket(world, options);
  world.line.paidBy(payer);
  return { ...world, payer };
}

describe('a line', () => {
  it('of a client is read as it comes, and later where more comes than is paid for', () => {
    const { clock, connection } = ofClient();
    for (let sent = 0; sent < 8; sent += 1) {
      connection.hear(256 * KiB);
    }
    expect(connection.did).toEqual([]);
    connection.hear(256 * KiB);
    expect(connection.did).toEqual(['pause']);
    clock.advance(499);
    expect(connection.did).toEqual(['pause']);
    clock.advance(1);
    expect(connection.did).toEqual(['pause', 'resume']);
    clock.advance(1_000);
    connection.hear(512 * KiB);
    expect(connection.did).toEqual(['pause', 'resume']);
  });

  it('waits for what had arrived before its pause, too, and for what comes over another one of the client', () => {
    const { clock, connection, payer } = ofClient();
    const other = new Connection();
    Line.create({ clock, connection: other }).paidBy(payer);
    connection.hear(2_304 * KiB);
    connection.hear(256 * KiB);
    clock.advance(500);
    expect(connection.did).toEqual(['pause', 'pause']);
    other.hear(1);
    expect(other.did).toEqual(['pause']);
    clock.advance(501);
    expect(connection.did.at(-1)).toBe('resume');
    expect(other.did.at(-1)).toBe('resume');
  });

  it('of a stranger is read at 16 KiB a second, once it has sent 64', () => {
    const { clock, connection } = setUp();
    connection.hear(64 * KiB);
    expect(connection.did).toEqual([]);
    connection.hear(16 * KiB);
    clock.advance(999);
    expect(connection.did).toEqual(['pause']);
    clock.advance(1);
    expect(connection.did).toEqual(['pause', 'resume']);
  });

  it('knows what was given to it and has not gone, until the socket has taken it', () => {
    const { connection, line } = ofClient();
    connection.send(1_000);
    connection.emit('flush');
    connection.send(500);
    expect(line.unsent_bytes).toBe(1_500 + 2 * defaults.message_bytes);
    connection.transport.emit('drain');
    expect(line.unsent_bytes).toBe(500 + defaults.message_bytes);
    connection.emit('flush');
    connection.transport.emit('drain');
    expect(line.unsent_bytes).toBe(0);
  });

  it('that ends is read on to its end, and cut where more than a farewell is on its way', () => {
    const { clock, connection } = ofClient();
    connection.hear(2_560 * KiB);
    connection.send(100);
    connection.emit('close');
    expect(connection.did).toEqual(['pause', 'resume']);
    expect(clock.pending).toBe(0);
    const other = ofClient();
    other.connection.send(defaults.farewell_bytes);
    other.connection.emit('close');
    expect(other.connection.did).toEqual(['terminate']);
  });
});
