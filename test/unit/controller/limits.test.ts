import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ChannelSocket } from '../../../nodes/controller/channel.ts';
import type { ClientHandlers } from '../../../nodes/controller/client.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { Connections } from '../../../nodes/controller/connections.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { TokenBucket } from '../../../nodes/token-bucket.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import { UsedTickets } from '../../../nodes/controller/used-tickets.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

describe('a token bucket', () => {
  it('lets one burst pass, and then what its rate allows', () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket({ clock }, { perSecond: 10 });
    const passed = (tries: number): number =>
      Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
    expect(passed(20)).toBe(10);
    clock.advance(500);
    expect(passed(20)).toBe(5);
    clock.advance(60_000);
    expect(passed(20)).toBe(10);
  });
});

describe('used tickets', () => {
  const ticket = (clientId: string, issuedAt_ms = 1, jti = `${clientId} ${issuedAt_ms}`) => ({
    ...{ clientId, issuedAt_ms, jti },
  });

  it('are remembered for as long as they could be used again, and no longer', () => {
    const clock = new VirtualClock();
    const used = new UsedTickets({ clock });
    used.use(ticket('one'));
    clock.advance((limits.ticket_ttl_s + limits.clockSkew_s) * 1_000);
    expect(() => used.use(ticket('one'))).toThrow(/used before/);
    clock.advance(limits.clockSkew_s * 1_000);
    used.use(ticket('two'));
    expect(used.size).toBe(1);
  });

  it('are never forgotten to make room', () => {
    const clock = new VirtualClock();
    const used = new UsedTickets({ clock }, { capacity: 2 });
    used.use(ticket('one'));
    used.use(ticket('two'));
    expect(() => used.use(ticket('three'))).toThrow(/too many/);
    expect(() => used.use(ticket('one'))).toThrow(/used before/);
  });

  it('take the room of one, however many a client uses, and each is used once', () => {
    const clock = new VirtualClock();
    const used = new UsedTickets({ clock }, { capacity: 2 });
    for (const issuedAt_ms of [1, 2, 3, 4]) {
      used.use(ticket('one', issuedAt_ms));
    }
    used.use(ticket('two'));
    expect(used.size).toBe(2);
    for (const issuedAt_ms of [1, 2, 3, 4]) {
      expect(() => used.use(ticket('one', issuedAt_ms))).toThrow(/used before/);
    }
    used.use(ticket('one', 5));
  });

  it('are told apart where some were made in one millisecond', () => {
    const used = new UsedTickets({ clock: new VirtualClock() });
    const most = defaults.ticketsOfOneMoment;
    const jtis = Array.from({ length: most }, (_, at) => `jti ${at}`);
    jtis.forEach((jti) => used.use(ticket('one', 1, jti)));
    for (const jti of [...jtis, 'one more']) {
      expect(() => used.use(ticket('one', 1, jti))).toThrow(/used before/);
    }
  });

  it('are remembered from the last use of their client on', () => {
    const clock = new VirtualClock();
    const used = new UsedTickets({ clock });
    used.use(ticket('one', 1));
    used.use(ticket('two', 1));
    clock.advance(limits.ticket_ttl_s * 1_000);
    used.use(ticket('one', 2));
    clock.advance(2 * limits.clockSkew_s * 1_000);
    used.use(ticket('three', 1));
    expect(used.size).toBe(2);
    expect(() => used.use(ticket('one', 2))).toThrow(/used before/);
  });
});

class Mouth implements ChannelSocket {
  #onAny: ((event: string, ...args: unknown[]) => void) | undefined;
  emit(): void {}
  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#onAny = listener;
  }
  offAny(): void {}
  on(): void {}
  off(): void {}
  disconnect(): void {}
  sayNamed(event: unknown): void {
    this.#onAny?.(event as string);
  }
  /** Resolves with the answer. */
  say(event: string, msg: unknown): Promise<unknown[]> {
    return new Promise((resolve) => {
      this.#onAny?.(event, msg, (...args: unknown[]) => resolve(args));
    });
  }
}

function setUp(role: string): {
  clock: VirtualClock;
  mouth: Mouth;
  asked: string[];
  client: Client;
} {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const carried = new Promise<void>(() => undefined);
  const handlers: ClientHandlers = {
    publish: async (client, { options }, answer) => {
      client.demand('publish', options);
      asked.push('publish');
      answer('id');
    },
    subscribe: () => new Promise(() => undefined),
    unpublish: async () => undefined,
    unsubscribe: async () => undefined,
    connectionMessage: () => carried,
    streamMessage: async () => undefined,
    streamMessageP2p: () => asked.push('p2p'),
    streamStats: async () => ({}),
    sendData: () => asked.push('data'),
    startRecorder: async () => 'id',
    stopRecorder: async () => undefined,
    updateAttributes: () => asked.push('attributes'),
    setBandwidth: async () => undefined,
    autoSubscribe: () => asked.push('auto'),
    setLastN: async () => undefined,
    left: (_client, why) => asked.push(why),
  };
  const visitor = {
    entry: unprovenEntry(),
    roomId: 'a'.repeat(24),
    userName: 'ann',
    role,
    plan: 'stream' as const,
    followsLayers: false,
    requestId: undefined,
    joinedAt_ms: undefined,
  };
  const components = { clock, log: pino({ level: 'silent' }), turns: new Turns() };
  const client = new Client(components, { visitor, handlers });
  const mouth = new Mouth();
  client.attach(mouth, new FakeLine());
  return { clock, mouth, asked, client };
}

const data = { options: { state: 'data', data: true } };

describe('a client', () => {
  it('is refused what comes too fast, and heard again later', async () => {
    const { clock, mouth, asked } = setUp('presenter');
    const answers = await Promise.all(
      Array.from({ length: limits.clientMessages_perSecond + 1 }, () => mouth.say('publish', data)),
    );
    expect(answers.filter(([id]) => id === 'id')).toHaveLength(limits.clientMessages_perSecond);
    expect(answers.at(-1)?.[1]).toMatch(/too many messages/);
    clock.advance(1_000);
    expect(await mouth.say('publish', data)).toEqual(['id']);
    expect(asked).toHaveLength(limits.clientMessages_perSecond + 1);
  });

  it('may send 1 MiB of data at once and 256 KiB a second, in all its streams', () => {
    const { clock, client } = setUp('presenter');
    for (let sent = 0; sent < 16; sent += 1) {
      client.limits.chargeData(limits.data_bytes);
    }
    expect(() => client.limits.chargeData(1)).toThrow('more than 256 KiB of data in one second');
    clock.advance(1_000);
    client.limits.chargeData(256 * 1024);
    expect(() => client.limits.chargeData(1)).toThrow(/rate_limited|more than 256 KiB/);
  });

  it.each([
    ['with a number', (socketgd: number, msg: unknown) => ({ socketgd, msg })],
    ['without one', (_: number, msg: unknown) => msg],
  ])('may have so many requests %s open and no more', async (_how, body) => {
    const { clock, mouth } = setUp('presenter');
    const subscribe = { options: { streamId: '1'.repeat(18), audio: true } };
    let last: Promise<unknown[]> = Promise.resolve([]);
    for (let index = 0; index <= defaults.waitingRequests; index += 1) {
      clock.advance(10);
      last = mouth.say('subscribe', body(index, subscribe));
    }
    expect((await last)[1]).toMatch(/too many requests/);
  });

  it('may have as many descriptions that its process has not dealt with, though each is answered at once', async () => {
    const { clock, mouth } = setUp('presenter');
    const msg = { type: 'offer', sdp: 'v=0' };
    const said = { options: { connectionId: crypto.randomUUID(), msg } };
    for (let index = 0; index < defaults.waitingRequests; index += 1) {
      clock.advance(10);
      expect(await mouth.say('connectionMessage', said)).toEqual([]);
    }
    expect((await mouth.say('connectionMessage', said))[1]).toMatch(/^overloaded: too many/);
  });

  it('may send 4 MiB of descriptions at once and 128 KiB a second', () => {
    const { clock, client } = setUp('presenter');
    const whole = limits.sdp_chars - defaults.message_bytes;
    for (let sent = 0; sent < 21; sent += 1) {
      client.limits.chargeDescription(whole);
    }
    expect(() => client.limits.chargeDescription(whole)).toThrow(
      expect.objectContaining({ code: 'rate_limited' }),
    );
    clock.advance(1_500);
    client.limits.chargeDescription(whole);
  });

  it('of 32 streams may offer them one by one on one connection, in a few seconds', () => {
    const { clock, client } = setUp('presenter');
    for (let streams = 1; streams <= limits.streamsPerClient; streams += 1) {
      client.limits.chargeDescription(streams * 5_500);
      clock.advance(50);
    }
  });

  it('is refused a message of 10,001 arrays and objects, and one of the largest drawings is taken', async () => {
    const { mouth, asked } = setUp('presenter');
    const points = (count: number): object => ({
      id: '1'.repeat(18),
      msg: Array.from({ length: count }, () => [1, 2]),
    });
    expect(await mouth.say('sendDataStream', points(8_000))).toEqual([]);
    expect((await mouth.say('sendDataStream', points(9_999)))[1]).toBe(
      'bad_request: sendDataStream has more than 10000 arrays and objects',
    );
    expect(asked).toEqual(['data']);
  });

  it.each([
    ['presenter', data, ['id']],
    ['viewer', data, [null, 'Unauthorized', null, 'Unauthorized']],
    ['viewerWithData', data, ['id']],
    [
      'viewerWithData',
      { options: { state: 'erizo', audio: true } },
      [null, 'Unauthorized', null, 'Unauthorized'],
    ],
    ['nobody knows', data, [null, 'Unauthorized', null, 'Unauthorized']],
  ])('with the role %s may publish %j as the role says', async (role, message, answer) => {
    expect(await setUp(role).mouth.say('publish', message)).toEqual(answer);
  });

  it('is answered in words for what is malformed or unknown, and harms nothing', async () => {
    const { mouth, asked } = setUp('presenter');
    for (const [event, msg] of [
      ['publish', undefined],
      ['publish', { options: { state: 'erizo', attributes: { a: 'x'.repeat(20_000) } } }],
      ['subscribe', { options: { streamId: 'not a stream' } }],
      ['unpublish', {}],
      ['connectionMessage', { options: { connectionId: '1', msg: { type: 'offer' } } }],
      ['__proto__', {}],
      ['constructor', []],
    ] as const) {
      const [result, words] = await mouth.say(event, msg);
      expect([result, typeof words]).toEqual([null, 'string']);
    }
    expect(asked).toEqual([]);
  });

  it('is ended alone where its message cannot be handled', async () => {
    const [one, other] = [setUp('presenter'), setUp('presenter')];
    // Of such a name no text can be made.
    one.mouth.sayNamed(Object.create(null));
    expect(one.asked.at(-1)).toBe('its message could not be handled');
    expect(one.client.gone).toBe(true);
    expect(await other.mouth.say('publish', data)).toEqual(['id']);
  });

  it('may say what it wants by selectors eight times at once, and begin to publish 64 streams', () => {
    const { clock, client } = setUp('presenter');
    const passes = (charge: () => void): number => {
      for (let count = 0; ; count += 1) {
        try {
          charge();
        } catch {
          return count;
        }
      }
    };
    expect(passes(() => client.limits.chargeSelectors())).toBe(8);
    expect(passes(() => client.limits.chargePublication(1))).toBe(64);
    expect(Array.from({ length: 7 }, () => client.limits.mayReturn()).filter(Boolean)).toHaveLength(
      5,
    );
    clock.advance(1_000);
    expect(passes(() => client.limits.chargeSelectors())).toBe(4);
    expect(passes(() => client.limits.chargePublication(1))).toBe(10);
    expect(client.limits.mayReturn()).toBe(true);
  });

  it('ends at once when it says that it leaves', async () => {
    const { mouth, asked, client } = setUp('presenter');
    await mouth.say('clientDisconnection', undefined);
    expect(asked).toEqual(['it left']);
    expect(client.gone).toBe(true);
  });
});

describe('the connections of a client', () => {
  const erizo = {} as Parameters<Connections['add']>[1]['erizo'];

  it('are its own for as long as a stream uses them', () => {
    const connections = new Connections({ kept: false, remembers: false });
    const [one, two] = [newFlow('1'), newFlow('1')];
    connections.add('c', { erizo, direction: 'publish', flow: one });
    connections.add('c', { erizo, direction: 'publish', flow: two });
    connections.drop(one);
    expect(connections.erizoOf('c')).toBe(erizo);
    connections.drop(two);
    expect(connections.erizoOf('c')).toBeUndefined();
    expect(connections.size).toBe(0);
  });

  it('may be kept unused, one in each direction', () => {
    const connections = new Connections({ kept: true, remembers: true });
    const flow = newFlow('1');
    for (const id of ['a', 'b', 'c']) {
      connections.add(`${id}-in`, { erizo, direction: 'publish', flow });
      connections.add(`${id}-out`, { erizo, direction: 'subscribe', flow });
      connections.drop(flow);
    }
    expect(connections.erizoOf('c-in')).toBe(erizo);
    expect(connections.erizoOf('c-out')).toBe(erizo);
    expect(connections.size).toBe(2);
  });
});
