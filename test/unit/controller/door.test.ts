import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { DoorConnection, DoorOptions } from '../../../nodes/controller/door.ts';
import { Door } from '../../../nodes/controller/door.ts';
import { TrustedProxies } from '../../../nodes/trusted-proxies.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

type Request = Parameters<Door['whyRefused']>[0];

function setUp(options: DoorOptions = {}): {
  clock: VirtualClock;
  door: Door;
  refused: string[];
  /** How many of so many handshakes of an address are looked at. */
  passed: (tries: number, request: Request) => number;
} {
  const clock = new VirtualClock();
  const refused: string[] = [];
  const measures = { refused: (code: string) => void refused.push(code) };
  const door = new Door({ clock, measures }, options);
  const passed = (tries: number, request: Request): number =>
    Array.from({ length: tries }, () => door.whyRefused(request)).filter((why) => why === undefined)
      .length;
  return { clock, door, refused, passed };
}

function requestFrom(remoteAddress: string, forwarded?: string): Request {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress } } as Request;
}

class Connection implements DoorConnection {
  closed = false;
  #listener: Parameters<DoorConnection['on']>[1] = () => undefined;

  on(_event: 'packet', listener: Parameters<DoorConnection['on']>[1]): void {
    this.#listener = listener;
  }

  close(): void {
    this.closed = true;
  }

  /** How many of so many packets arrive before the connection is closed. */
  send(count: number, packet: { type: string; data?: unknown }): number {
    for (let sent = 0; sent < count; sent += 1) {
      this.#listener(packet);
      if (this.closed) {
        return sent;
      }
    }
    return count;
  }
}

const pong = { type: 'pong' };
const event = { type: 'message', data: '2["heartbeat"]' };

describe('an address', () => {
  const ann = requestFrom('192.0.2.1');

  it('has ten seconds of handshakes at once, and then its rate, second by second', () => {
    const { clock, passed } = setUp({ handshakes_perSecond: 20 });
    expect(passed(250, ann)).toBe(200);
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1_000);
      expect(passed(50, ann)).toBe(20);
    }
    clock.advance(60_000);
    expect(passed(250, ann)).toBe(200);
  });

  it('is told its rate and how it goes on, and each refusal is counted', () => {
    const { door, refused } = setUp({ handshakes_perSecond: 0.1 });
    expect(door.whyRefused(ann)).toBeUndefined();
    expect(door.whyRefused(ann)).toBe(
      'rate_limited: too many requests of this address, which may send 0.1 a second: wait and try again',
    );
    expect(refused).toEqual(['rate_limited']);
  });

  it('that is over its rate keeps no other one out', () => {
    const { passed } = setUp({ handshakes_perSecond: 1 });
    expect(passed(20, ann)).toBe(10);
    expect(passed(20, requestFrom('192.0.2.2'))).toBe(10);
  });

  it('is the whole network of IPv6 that one customer has', () => {
    const { passed } = setUp({ handshakes_perSecond: 1 });
    expect(passed(10, requestFrom('2001:db8::1'))).toBe(10);
    expect(passed(10, requestFrom('2001:db8::2'))).toBe(0);
    expect(passed(10, requestFrom('2001:db8:0:1::1'))).toBe(10);
  });

  it('is what a trusted proxy says, and nobody else', () => {
    const { passed } = setUp({
      handshakes_perSecond: 1,
      trustedProxies: new TrustedProxies(['10.0.0.1']),
    });
    expect(passed(20, requestFrom('10.0.0.1', '192.0.2.1'))).toBe(10);
    expect(passed(20, requestFrom('10.0.0.1', '192.0.2.2'))).toBe(10);
    expect(passed(20, requestFrom('10.0.0.2', '192.0.2.3'))).toBe(10);
    expect(passed(20, requestFrom('10.0.0.2', '192.0.2.4'))).toBe(0);
  });

  it('has no limit where none is set', () => {
    expect(setUp().passed(5_000, ann)).toBe(5_000);
  });
});

describe('a connection', () => {
  it('has one handshake: another one ends it, whether the first was refused or not', () => {
    for (const isWelcome of [false, true]) {
      const { door } = setUp();
      const [one, other] = [new Connection(), new Connection()];
      expect(door.greet(one)).toBe(true);
      if (isWelcome) {
        door.welcome(one);
      }
      expect(one.closed).toBe(false);
      expect(door.greet(one)).toBe(false);
      expect(one.closed).toBe(true);
      expect(door.greet(other)).toBe(true);
    }
  });

  it('over which nobody was let in may send eight packets of whatever kind', () => {
    for (const packet of [pong, event]) {
      const { door } = setUp();
      const connection = new Connection();
      door.watch(connection);
      expect(connection.send(20, packet)).toBe(defaults.strangerPackets);
    }
  });

  it('of a client may send any number of events, which its channel counts', () => {
    const { door } = setUp();
    const connection = new Connection();
    door.watch(connection);
    door.welcome(connection);
    expect(connection.send(5_000, event)).toBe(5_000);
    expect(connection.send(5_000, { type: 'message', data: Buffer.of(1) })).toBe(5_000);
  });

  it('of a client may send little else: 32 packets at once, and two a second', () => {
    const { clock, door } = setUp();
    const connection = new Connection();
    door.watch(connection);
    door.welcome(connection);
    expect(connection.send(32, pong)).toBe(32);
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1_000);
      expect(connection.send(2, pong)).toBe(2);
    }
    expect(connection.send(1, pong)).toBe(0);
  });
});
