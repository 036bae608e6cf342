import { describe, expect, it } from 'vitest';
import type { Client } from '../../../nodes/controller/client.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { LastN } from '../../../nodes/controller/last-n.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import { StreamChanges } from '../../../nodes/controller/stream-changes.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A client that plays one stream, and what its process is told. */
function setUp() {
  const clock = new VirtualClock();
  const told: unknown[] = [];
  const rpc = { call: async (method: string, params: object) => told.push({ method, ...params }) };
  const flow = newFlow('1');
  flow.state = { at: 'ready', erizo: { rpc } as unknown as Erizo };
  const client = { id: 'ann', bandwidth: {}, subscriptions: new Map([['1', flow]]) };
  return { clock, told, client: client as unknown as Client };
}

const messages = 200;

describe('what a client wants of all its connections', () => {
  it('reaches its process five times a second at most, with the last word, and each message is answered', async () => {
    const { clock, told, client } = setUp();
    const changes = new StreamChanges({ clock } as unknown as RoomParts);
    const answers = Array.from({ length: messages }, (_, number) =>
      changes.setBandwidth(client, { target_bps: 100_000 + number }),
    );
    await answers[0];
    clock.advance(defaults.wishes_ms);
    await Promise.all(answers);
    const of = (target_bps: number) => {
      return { method: 'setClientBandwidth', clientId: 'ann', bandwidth: { target_bps } };
    };
    expect(told).toEqual([of(100_000), of(100_000 + messages - 1)]);
  });

  it('is the same for the few of those who speak whom it wants to see', async () => {
    const { clock, told, client } = setUp();
    const lastN = new LastN({ clock });
    const first = lastN.set(client, { n: 1 });
    const answers = Array.from({ length: messages }, (_, number) =>
      lastN.set(client, { n: 1 + (number % 16) }),
    );
    await first;
    clock.advance(defaults.wishes_ms);
    await Promise.all(answers);
    const of = (n: number) => ({ method: 'setLastN', clientId: 'ann', n });
    expect(told).toEqual([of(1), of(1 + ((messages - 1) % 16))]);
  });
});
