import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Client } from '../../../nodes/controller/client.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { PeerToPeer } from '../../../nodes/controller/p2p.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import { limits } from '../../../protocol/limits.ts';
import type { RoomStream } from '../../../protocol/directory.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

const streamId = '1'.repeat(18);

function newClient(role: string): { client: Client; why: string[] } {
  const why: string[] = [];
  const who = { entry: unprovenEntry(), roomId: 'a'.repeat(24), userName: role, role };
  const rest = { plan: 'stream', followsLayers: false, requestId: undefined } as const;
  const client = new Client(
    { clock: new VirtualClock(), log: pino({ level: 'silent' }), turns: new Turns() },
    {
      visitor: { ...who, ...rest, joinedAt_ms: undefined },
      handlers: { left: (_: Client, words: string) => why.push(words) } as never,
    },
  );
  return { client, why };
}

/** What goes over the first socket of a client. */
function comeBack(client: Client): [event: string, msg: unknown][] {
  const sent: [string, unknown][] = [];
  const none = (): void => undefined;
  client.attach(
    {
      emit: (event: string, body: unknown) => sent.push([event, (body as { msg: unknown }).msg]),
      ...{ onAny: none, offAny: none, on: none, off: none, disconnect: none },
    },
    new FakeLine(),
  );
  return sent;
}

/** A publisher that is away for a moment, and a viewer. */
function setUp() {
  const publisher = newClient('presenter');
  const viewer = newClient('viewer');
  const clients = new Map([publisher, viewer].map(({ client }) => [client.id, client]));
  const stream = { streamId, clientId: publisher.client.id } as RoomStream;
  const parts = {
    roomId: 'a'.repeat(24),
    p2p: () => true,
    streams: { isOwn: () => true, get: () => stream },
    client: (id: string) => clients.get(id),
  } as unknown as RoomParts;
  const p2p = new PeerToPeer({ parts, data: {} as never, neighbours: {} as never });
  publisher.client.publications.set(streamId, newFlow(streamId));
  viewer.client.subscriptions.set(streamId, newFlow(streamId));
  return { p2p, parts, publisher, viewer, stream };
}

describe('a publisher that is away for a moment', () => {
  it('finds one word of a viewer that subscribed and gave up all the time, and is still there', () => {
    const { p2p, publisher, viewer, stream } = setUp();
    for (let times = 0; times <= defaults.unconfirmedMessages; times += 1) {
      p2p.subscribe(viewer.client, stream);
      p2p.unsubscribe(viewer.client, streamId);
    }
    p2p.subscribe(viewer.client, stream);
    const peerSocket = viewer.client.id;
    expect(comeBack(publisher.client)).toEqual([['publish_me', { streamId, peerSocket }]]);
  });

  it('is not ended by words of a viewer, who is told that they are not taken', () => {
    const { p2p, publisher, viewer, stream } = setUp();
    p2p.subscribe(viewer.client, stream);
    const msg = 'x'.repeat(1_000);
    const say = (): void =>
      p2p.say(viewer.client, { options: { streamId, peerSocket: publisher.client.id, msg } });
    let said = 0;
    expect(() => {
      for (; said <= defaults.unconfirmedMessages; said += 1) {
        viewer.client.limits.chargeData = () => undefined;
        say();
      }
    }).toThrow(expect.objectContaining({ code: 'overloaded' }));
    expect(said).toBe(defaults.unconfirmedMessages / 2 - 1);
    expect(publisher.why).toEqual([]);
    expect(comeBack(publisher.client)).toHaveLength(defaults.unconfirmedMessages / 2);
  });

  it('is introduced to no more viewers than it can take, who are told to try again', () => {
    const { p2p, publisher, stream } = setUp();
    let introduced = 0;
    expect(() => {
      for (; introduced <= defaults.unconfirmedMessages; introduced += 1) {
        p2p.subscribe({ id: `viewer ${introduced}` } as Client, stream);
      }
    }).toThrow('the other client takes nothing now: try again later');
    expect(introduced).toBe(limits.p2pSubscribers);
    expect(publisher.client.gone).toBe(false);
    expect(publisher.why).toEqual([]);
  });

  it('is introduced to viewers elsewhere in rooms of peers alone', () => {
    const { p2p, parts, publisher } = setUp();
    parts.p2p = () => false;
    p2p.heardBySubscriber(streamId, 'far', { type: 'publish_me' });
    expect(comeBack(publisher.client)).toEqual([]);
  });
});
