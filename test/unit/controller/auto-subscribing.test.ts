import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { AutoSubscribing } from '../../../nodes/controller/auto-subscribing.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import type { Subscribing } from '../../../nodes/controller/subscribing.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import type { RoomStream } from '../../../protocol/directory.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

const log = pino({ level: 'silent' });
const wishFor = (kind: string) => ({
  selectors: [JSON.stringify(['/attributes/kind', kind])],
  negativeSelectors: [],
  options: { audio: true, data: true, video: true, config: {} },
  said: undefined,
});

/** A room of streams none of which can be had. */
function setUp() {
  const clock = new VirtualClock();
  const rows = new Map<string, RoomStream>();
  const asked: [name: string, streamId: string][] = [];
  const parts = { clock, log, streams: { get: (id: string) => rows.get(id) } };
  const subscribing = {
    subscribe: async (client: Client, { options }: { options: { streamId: string } }) => {
      asked.push([client.userName, options.streamId]);
      throw new RizomaError('overloaded', 'a connection has up to 128 m-sections');
    },
  };
  const auto = new AutoSubscribing({
    parts: parts as unknown as RoomParts,
    subscribing: subscribing as unknown as Subscribing,
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    clock,
    auto,
    /** The streams that somebody asked for since this was called last. */
    askedBy: async (name: string): Promise<string[]> => {
      await settle();
      const of = asked.filter(([who]) => who === name).map(([, streamId]) => streamId);
      asked.splice(0, asked.length, ...asked.filter(([who]) => who !== name));
      return of;
    },
    client: (userName: string): Client => {
      const who = {
        entry: unprovenEntry(),
        roomId: 'a'.repeat(24),
        userName,
        role: 'viewer',
      };
      const rest = { plan: 'stream', followsLayers: false, requestId: undefined } as const;
      return new Client(
        { clock, log, turns: new Turns() },
        { visitor: { ...who, ...rest, joinedAt_ms: undefined }, handlers: {} as never },
      );
    },
    /** A stream comes, and all that changed is looked at. */
    publish: (streamId: string, kind: string): void => {
      const media = { audio: true, video: true, data: false, screen: false, label: '' };
      const about = { streamId, clientId: 'publisher', userName: 'ann', since: 1 };
      const where = { nodeId: 'eu-west-1', region: 'eu-west' };
      rows.set(streamId, { ...about, ...where, media: { ...media, attributes: { kind } } });
      auto.streamChanged(streamId);
      clock.advance(defaults.autoSubscribe_ms);
    },
  };
}

describe('streams that a client selects and cannot have', () => {
  it('keep those of another one from nothing, however many they are and however often they fail', async () => {
    const { auto, askedBy, client, publish } = setUp();
    const [many, one] = [client('many'), client('one')];
    for (let number = 0; number < 2 * defaults.autoSubscribeRetries; number += 1) {
      publish(`${number}`, 'professor');
    }
    publish('single', 'student');
    for (let times = 0; times < 4; times += 1) {
      auto.set(many, wishFor('professor'));
      await askedBy('many');
    }
    auto.set(one, wishFor('student'));
    expect(await askedBy('one')).toEqual(['single']);
    publish('other', 'nobody');
    expect(await askedBy('one')).toEqual(['single']);
  });

  it('are asked for less and less often, also where they change, until the client selects anew', async () => {
    const { auto, clock, askedBy, client, publish } = setUp();
    const ann = client('ann');
    publish('1', 'professor');
    auto.set(ann, wishFor('professor'));
    const changes = async (): Promise<number> => {
      publish('1', 'professor');
      return (await askedBy('ann')).length;
    };
    expect(await askedBy('ann')).toEqual(['1']);
    expect(await changes()).toBe(1);
    expect(await changes()).toBe(0);
    clock.advance(defaults.retryAgain_ms);
    expect(await changes()).toBe(1);
    expect(await changes()).toBe(0);
    auto.set(ann, wishFor('professor'));
    expect(await askedBy('ann')).toEqual(['1']);
  });
});
