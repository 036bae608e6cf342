import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ChannelSocket } from '../../../nodes/controller/channel.ts';
import type { ClientHandlers } from '../../../nodes/controller/client.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { Stamps } from '../../../nodes/controller/stamps.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import { checkStamp, signerOfStamp } from '../../../protocol/stamp.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import { FakeEdge, newTicketKey } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

const log = pino({ level: 'silent' });
const roomId = newHexId();
const nodeId = 'eu-west-1';

class TestSocket implements ChannelSocket {
  readonly stamps: string[] = [];
  #onAny: ((event: string, ...args: unknown[]) => void) | undefined;
  #onGone: ((reason: string) => void) | undefined;

  emit(event: string, body: { msg: { stamp: string } }): void {
    if (event === 'onStamp') {
      this.stamps.push(body.msg.stamp);
    }
  }
  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#onAny = listener;
  }
  offAny(): void {}
  on(_event: 'disconnect', listener: (reason: string) => void): void {
    this.#onGone = listener;
  }
  off(): void {}
  /** The client confirms the first that it was sent. */
  hears(): void {
    this.#onAny?.('socketgd_ack', { id: 0 });
  }
  /** It does so, and says goodbye. */
  leave(): void {
    this.hears();
    this.disconnect('client namespace disconnect');
  }
  disconnect(reason: unknown): void {
    this.#onGone?.(String(reason));
  }
}

const handlers = { left: () => undefined } as unknown as ClientHandlers;

async function setUp(enteredAt_ms?: number, joinedAt_ms = enteredAt_ms) {
  const clock = new VirtualClock();
  const edge = await FakeEdge.create({ nodeId, region: 'eu-west' });
  const self = { nodeId, peerId: peerIdOf(await newTicketKey()) };
  const stamps = new Stamps({ clock, log, edge, random: () => 0 }, self);
  const visitor = {
    ...{ entry: unprovenEntry(newUuid(), enteredAt_ms), roomId, userName: 'ann', role: 'viewer' },
    ...{ plan: 'dual' as const, followsLayers: true, requestId: undefined, joinedAt_ms },
  };
  const client = new Client({ clock, log, turns: new Turns() }, { visitor, handlers });
  const socket = new TestSocket();
  client.attach(socket, new FakeLine());
  const read = async (text = '') =>
    checkStamp(edge.keys?.ticketSecrets ?? [], text, {
      ...{ clientId: client.id, roomId, now_ms: clock.now() },
    });
  return { clock, edge, self, stamps, client, socket, read };
}

describe('the stamps of a client', () => {
  it('come after a rejoin and then from time to time, whether the edge is there or not', async () => {
    const { clock, edge, self, stamps, client, socket, read } = await setUp(1_000, 1);
    await stamps.joined(client, roomId);
    expect(socket.stamps).toHaveLength(1);
    expect(signerOfStamp(socket.stamps[0] ?? '')).toEqual(self);
    const presentAt_s = clock.now() / 1000;
    expect(await read(socket.stamps[0])).toMatchObject({ enteredAt_ms: 1_000, presentAt_s });
    edge.goAway();
    clock.advance(defaults.stamp_ms - 1);
    await stamps.look();
    expect(socket.stamps).toHaveLength(1);
    clock.advance(1);
    await Promise.all([stamps.look(), stamps.look()]);
    expect(socket.stamps).toHaveLength(2);
    const later_s = Math.floor(clock.now() / 1000);
    expect(await read(socket.stamps[1])).toMatchObject({ presentAt_s: later_s });
  });

  it('begin some time after its join, which speaks for it until then', async () => {
    const { clock, stamps, client, socket } = await setUp(1_000);
    await stamps.joined(client, roomId);
    clock.advance(defaults.stamp_ms - 1);
    await stamps.look();
    expect(socket.stamps).toEqual([]);
    clock.advance(1);
    await stamps.look();
    expect(socket.stamps).toHaveLength(1);
    expect(defaults.stamp_ms + defaults.stampLook_ms).toBeLessThan(limits.absence_ttl_s * 1000);
  });

  it('are not made while it is away, nor once it has left', async () => {
    const { clock, stamps, client, socket } = await setUp(1_000, 1);
    client.send('connected', {});
    socket.hears();
    await stamps.joined(client, roomId);
    clock.advance(defaults.stamp_ms - 1);
    socket.disconnect('transport close');
    clock.advance(1);
    await stamps.look();
    const next = new TestSocket();
    client.attach(next, new FakeLine());
    expect(next.stamps).toHaveLength(1);
    await stamps.look();
    expect(next.stamps).toHaveLength(2);
    stamps.left(client);
    clock.advance(defaults.stamp_ms);
    await stamps.look();
    expect(next.stamps).toHaveLength(2);
  });

  it('are for clients that came by a ticket, which have a re-entry', async () => {
    const { stamps, client, socket } = await setUp();
    await stamps.joined(client, roomId);
    expect(socket.stamps).toEqual([]);
  });
});

describe('a client', () => {
  it('has left for good where it said goodbye or was put out, and not where it is to come again', async () => {
    const ends: [(client: Client, socket: TestSocket) => void, boolean][] = [
      [(client) => client.close('it left'), true],
      [(client, socket) => (client.send('connected', {}), socket.leave()), true],
      [(_, socket) => socket.disconnect('client namespace disconnect'), false],
      [(client) => client.close('removed', { code: 'forbidden', message: 'words' }), true],
      [(client) => client.close('it floods', { code: 'rate_limited', message: 'words' }), true],
      [(client) => client.end('closing', { code: 'unavailable', message: 'words' }), false],
      [(client) => client.close('elsewhere', { code: 'conflict', message: 'words' }), false],
    ];
    for (const [end, isForGood] of ends) {
      const { client, socket } = await setUp(1_000);
      end(client, socket);
      expect([client.gone, client.leftForGood]).toEqual([true, isForGood]);
    }
  });
});
