import fc from 'fast-check';
import { pino } from 'pino';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { ChannelSocket } from '../../../nodes/controller/channel.ts';
import type { ClientHandlers } from '../../../nodes/controller/client.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import { AutoSubscribeMessage } from '../../../protocol/contracts/client-auto.ts';
import { StrategyMessage, TargetMessage } from '../../../protocol/contracts/client-config.ts';
import * as client from '../../../protocol/contracts/client.ts';
import { LastNMessage } from '../../../protocol/contracts/last-n.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { fuzzSeed } from '../../support/fuzz/amount.ts';
import { boundsOf, fuzz, patient } from '../../support/fuzz/decoders.ts';
import { hostile, hostileTo, measure } from '../../support/fuzz/hostile.ts';
import { unprovenEntry } from '../../support/entry.ts';

/** What a controller takes from the sockets of clients, once socket.io has made values of it. */

const schemas: Readonly<Record<client.ClientEvent, v.GenericSchema>> = {
  publish: client.PublishMessage,
  unpublish: client.StreamIdMessage,
  subscribe: client.SubscribeMessage,
  unsubscribe: client.StreamIdMessage,
  connectionMessage: client.ConnectionMessage,
  streamMessage: client.StreamMessage,
  streamMessageP2P: client.P2pMessage,
  getStreamStats: client.StreamIdMessage,
  sendDataStream: client.SendDataMessage,
  updateStreamAttributes: client.UpdateAttributesMessage,
  startRecorder: client.StartRecorderMessage,
  stopRecorder: client.StopRecorderMessage,
  autoSubscribe: AutoSubscribeMessage,
  setStreamPriorityStrategy: StrategyMessage,
  setConnectionTargetBandwidth: TargetMessage,
  setLastN: LastNMessage,
  heartbeat: v.undefined(),
  clientDisconnection: v.undefined(),
};

class Socket implements ChannelSocket {
  #onAny: (event: string, ...args: unknown[]) => void = () => undefined;
  emit(): void {}
  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#onAny = listener;
  }
  offAny(): void {}
  on(): void {}
  off(): void {}
  disconnect(): void {}
  say(event: unknown, ...args: unknown[]): void {
    this.#onAny(event as string, ...args);
  }
  ask(event: unknown, body: unknown): Promise<unknown[]> {
    return new Promise((resolve) => {
      this.say(event, body, (...answer: unknown[]) => resolve(answer));
    });
  }
}

/** A client in a room that does all that it is asked, and keeps what that was. */
function setUp(): { client: Client; socket: Socket; asked: unknown[]; ends: string[] } {
  const asked: unknown[] = [];
  const ends: string[] = [];
  const handlers = new Proxy({} as ClientHandlers, {
    get:
      (_target, method) => (_client: Client, message: unknown, answer?: (id: string) => void) => {
        if (method === 'left') {
          ends.push(String(message));
          return undefined;
        }
        asked.push(message);
        answer?.('id');
        return Promise.resolve({});
      },
  });
  const visitor = {
    ...{ entry: unprovenEntry(), roomId: 'a'.repeat(24), userName: 'ann' },
    ...{ role: 'presenter', plan: 'stream' as const, followsLayers: false },
    ...{ requestId: undefined, joinedAt_ms: undefined },
  };
  const components = {
    clock: new VirtualClock(),
    log: pino({ level: 'silent' }),
    turns: new Turns(),
  };
  const made = new Client(components, { visitor, handlers });
  const socket = new Socket();
  made.attach(socket, new FakeLine());
  return { client: made, socket, asked, ends };
}

/** What handlers were given is no larger than what was sent, and no deeper than it may be. */
function expectBounded(asked: readonly unknown[], sent: unknown): void {
  const bounds = boundsOf(sent);
  for (const message of asked) {
    const { depth, nodes, chars } = measure(message);
    expect(depth).toBeLessThanOrEqual(limits.nesting);
    expect(nodes).toBeLessThanOrEqual(bounds.nodes);
    expect(chars).toBeLessThanOrEqual(bounds.chars);
  }
}

describe(`a message of a client (seed ${fuzzSeed})`, patient, () => {
  const events = client.clientEvents.filter((event) => event !== 'clientDisconnection');

  it.each(events)('%s is answered, and handled only within its limits', async (event) => {
    await fuzz(hostileTo(schemas[event]), async (msg) => {
      const { client: one, socket, asked } = setUp();
      const answer = await socket.ask(event, { socketgd: 0, msg });
      expectBounded(asked, msg);
      expect(measure(answer).chars).toBeLessThanOrEqual(2_000);
      expect(one.gone).toBe(false);
    });
  });

  it('of any name and any form ends nobody else, and leaves the client able to ask', async () => {
    const names = fc.oneof(
      fc.constantFrom<unknown>(...client.clientEvents, 'socketgd_ack', '__proto__', 'constructor'),
      hostile.filter((name) => typeof name !== 'object'),
    );
    const bodies = hostileTo(v.object({ socketgd: v.number(), msg: v.unknown(), id: v.number() }));
    await fuzz(
      fc.tuple(names, bodies),
      async ([name, body]) => {
        const { client: one, socket, asked, ends } = setUp();
        socket.say(name, body);
        const isEnded = name === 'clientDisconnection';
        if (!isEnded) {
          await socket.ask('heartbeat', undefined);
        }
        expectBounded(asked, body);
        expect(ends).toEqual(isEnded && one.gone ? ['it left'] : []);
      },
      { times: 15 },
    );
  });
});
