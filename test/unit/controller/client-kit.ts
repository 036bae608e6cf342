import { pino } from 'pino';
import type { ChannelSocket } from '../../../nodes/controller/channel.ts';
import type { ClientHandlers } from '../../../nodes/controller/client.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import type { RoomStream } from '../../../protocol/directory.ts';
import { FakeLine } from '../../fakes/fake-line.ts';
import type { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

/** A socket that confirms nothing, and what it was sent by event. */
class Ear implements ChannelSocket {
  readonly heard: string[] = [];
  emit(event: string): void {
    this.heard.push(event);
  }
  onAny(): void {}
  offAny(): void {}
  on(): void {}
  off(): void {}
  disconnect(): void {}
}

/** A client with a socket, in no room: whatever it asks would fail. */
export function clientWith(clock: VirtualClock): {
  client: Client;
  heard: string[];
  left: string[];
} {
  const left: string[] = [];
  const handlers = {
    left: (_: Client, why: string) => left.push(why),
  } as unknown as ClientHandlers;
  const visitor = {
    ...{ entry: unprovenEntry(), roomId: 'a'.repeat(24), userName: 'ann', role: 'presenter' },
    ...{
      plan: 'stream' as const,
      followsLayers: false,
      requestId: undefined,
      joinedAt_ms: undefined,
    },
  };
  const turns = new Turns();
  const components = { clock, log: pino({ level: 'silent' }), turns };
  const client = new Client(components, { visitor, handlers });
  const ear = new Ear();
  client.attach(ear, new FakeLine());
  return { client, heard: ear.heard, left };
}

/** A room in which the client publishes one stream of data, as far as those ask who pass on what is said on it. */
export function roomOf(
  publisher: Client,
  others: readonly Client[],
): { parts: RoomParts; stream: RoomStream } {
  const streamId = '1'.repeat(18);
  const media = {
    audio: false,
    video: false,
    data: true,
    screen: false,
    label: '',
    attributes: {},
  };
  const owner = { nodeId: 'eu-west-1', region: 'eu-west', since: 1 };
  const stream: RoomStream = { streamId, clientId: publisher.id, userName: 'ann', media, ...owner };
  publisher.publications.set(streamId, newFlow(streamId));
  const clients = new Map([publisher, ...others].map((client) => [client.id, client]));
  const streams = { get: () => stream, isOwn: () => true };
  const client = (id: string): Client | undefined => clients.get(id);
  const room = { roomId: 'a'.repeat(24), streams, client, p2p: () => true };
  return { parts: room as unknown as RoomParts, stream };
}
