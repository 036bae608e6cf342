import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { AutoSubscribing } from '../../../nodes/controller/auto-subscribing.ts';
import { chargeFor } from '../../../nodes/controller/charge-for.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { Connections } from '../../../nodes/controller/connections.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { HeardBudgets } from '../../../nodes/controller/heard-budgets.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import type { Subscribing } from '../../../nodes/controller/subscribing.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import type { RoomStream } from '../../../protocol/directory.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { growth, linear, Operations } from '../../support/operations.ts';
import { unprovenEntry } from '../../support/entry.ts';

const log = pino({ level: 'silent' });

function newClient(id: string): Client {
  const who = {
    entry: unprovenEntry(id),
    roomId: 'a'.repeat(24),
    userName: 'ann',
    role: 'presenter',
  };
  const rest = { plan: 'stream', followsLayers: false, requestId: undefined } as const;
  const clock = new VirtualClock();
  return new Client(
    { clock, log, turns: new Turns() },
    { visitor: { ...who, ...rest, joinedAt_ms: undefined }, handlers: {} as never },
  );
}

describe('the connections of a client', () => {
  it('come and end with their streams for as much as they are: not streams times connections', async () => {
    const erizo = { erizoId: 'erizo' } as Erizo;
    const grown = await growth(64, (streams, operations) => {
      const connections = new Connections({ kept: false, remembers: true });
      const flows = Array.from({ length: streams }, (_, number) => newFlow(`${number}`));
      const looked = vi.spyOn(Map.prototype, 'get');
      const removed = vi.spyOn(Set.prototype, 'delete');
      for (const flow of flows) {
        connections.add(flow.streamId, { erizo, direction: 'subscribe', flow });
      }
      for (const flow of flows) {
        connections.drop(flow);
      }
      operations.count = removed.mock.calls.length + looked.mock.calls.length;
      vi.restoreAllMocks();
      expect(connections.size).toBe(0);
    });
    expect(grown).toBeLessThan(linear);
  });

  it('say over which of them a stream goes, also once it goes over another one', () => {
    const connections = new Connections({ kept: false, remembers: true });
    const [one, other] = [newFlow('1'), newFlow('2')];
    const erizo = { erizoId: 'erizo' } as Erizo;
    connections.add('a', { erizo, direction: 'subscribe', flow: one });
    connections.add('a', { erizo, direction: 'subscribe', flow: other });
    expect([connections.idOf(one), connections.idOf(other)]).toEqual(['a', 'a']);
    connections.drop(one);
    expect([connections.idOf(one), connections.size]).toEqual([undefined, 1]);
    connections.add('b', { erizo, direction: 'publish', flow: one });
    expect(connections.idOf(one)).toBe('b');
    connections.drop(other);
    expect([connections.has('a'), connections.has('b')]).toEqual([false, true]);
  });
});

describe('the tracks that a client has asked for', () => {
  it('are known without a look at its subscriptions', () => {
    const client = newClient('ann');
    const operations = new Operations();
    const flows = Array.from({ length: 17 }, (_, number) => newFlow(`${number}`));
    for (const flow of flows) {
      client.demandTracks(flow, 2);
      client.subscriptions.set(flow.streamId, operations.watch(flow));
    }
    expect(client.consumers).toBe(34);
    expect(operations.count).toBe(0);
    flows.slice(0, 7).forEach((flow) => client.demandTracks(flow, 0));
    expect(client.consumers).toBe(20);
  });
});

/** Clients who all want what all streams are. */
function crowd(streams: number, clients: number) {
  const clock = new VirtualClock();
  const rows = new Map(
    Array.from({ length: streams }, (_, number): [string, RoomStream] => {
      const media = { audio: true, video: true, data: false, screen: false, label: '' };
      const about = { streamId: `${number}`, clientId: 'publisher', userName: 'ann', since: 1 };
      const where = { nodeId: 'eu-west-1', region: 'eu-west' };
      return [`${number}`, { ...about, ...where, media: { ...media, attributes: { a: 1 } } }];
    }),
  );
  let looks = 0;
  const parts = {
    ...{ clock, log },
    streams: {
      get: (streamId: string) => {
        looks += 1;
        return rows.get(streamId);
      },
    },
  } as unknown as RoomParts;
  let begun = 0;
  const subscribe = (): Promise<void> => {
    begun += 1;
    return new Promise(() => undefined);
  };
  const subscribing = { subscribe } as unknown as Subscribing;
  const auto = new AutoSubscribing({ parts, subscribing });
  const message = {
    selectors: [JSON.stringify(['/attributes/a', 1])],
    negativeSelectors: [],
    options: { audio: true, data: true, video: true, config: {} },
    said: undefined,
  };
  const all = Array.from({ length: clients }, (_, number) => newClient(`client ${number}`));
  all.forEach((client) => auto.set(client, message));
  return {
    clock,
    /** The first client says again what it wants. */
    sayAgain: (): void => all.slice(0, 1).forEach((client) => auto.set(client, message)),
    begun: (): number => begun,
    change: (): void => [...rows.keys()].forEach((streamId) => auto.streamChanged(streamId)),
    /** How often streams were looked at for clients since it was last asked. */
    looked: (): number => {
      const count = looks;
      looks = 0;
      return count;
    },
  };
}

describe('streams that change', () => {
  const [streams, clients] = [64, 200];
  const pairs = streams * clients;

  it('are looked at for those who select, so many at a time and all of them in the end', () => {
    const { clock, change, looked } = crowd(streams, clients);
    change();
    looked();
    let sum = 0;
    for (let time = 0; time < 8; time += 1) {
      clock.advance(defaults.autoSubscribe_ms);
      const now = looked();
      expect(now).toBeLessThan(defaults.autoSubscribePairs + clients);
      sum += now;
    }
    // The first one was looked at when it changed.
    expect(sum).toBe(pairs - clients);
    expect(pairs).toBeGreaterThan(defaults.autoSubscribePairs);
  });
});

describe('subscriptions by selectors', () => {
  it('begin as a client may ask for them one by one, once as many have begun as a room has streams', () => {
    const streams = 200;
    const { clock, change, sayAgain, begun } = crowd(streams, 1);
    change();
    // In this room none comes to be, so each time all begin again.
    for (let times = 0; times < 6; times += 1) {
      sayAgain();
    }
    expect(begun()).toBe(limits.streamsPerRoom);
    clock.advance(defaults.autoSubscribe_ms);
    const most = (limits.clientMessages_perSecond * defaults.autoSubscribe_ms) / 1_000;
    expect(begun()).toBe(limits.streamsPerRoom + most);
  });
});

describe('what a client says', () => {
  it('is charged in proportion to those who hear it, and a full bucket pays for one message', () => {
    expect([1, 32, 64, 96].map((receivers) => chargeFor(100, receivers))).toEqual([
      ...[100, 100, 200, 300],
    ]);
    expect(chargeFor(limits.data_bytes, 100_000)).toBe(limits.data_burst_bytes);
  });

  it('at another controller has a budget there, which is forgotten with its last stream', () => {
    const clock = new VirtualClock();
    const budgets = new HeardBudgets({ clock });
    const [one, other] = [
      { streamId: '1', clientId: 'ann' },
      { streamId: '2', clientId: 'ann' },
    ];
    const burst = 2 * limits.data_burst_bytes;
    expect(budgets.take(one, burst)).toBe(true);
    expect(budgets.take(other, 1_000)).toBe(false);
    expect(budgets.take({ streamId: '3', clientId: 'bob' }, 1_000)).toBe(true);
    clock.advance(1_000);
    expect(budgets.take(other, 2 * limits.data_bytesPerSecond)).toBe(true);
    ['1', '2', '3'].forEach((streamId) => budgets.ended(streamId));
    expect(budgets.size).toBe(0);
  });
});
