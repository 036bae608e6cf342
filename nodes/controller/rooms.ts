import { createHash } from 'node:crypto';
import type { ParamsOf } from '../../protocol/contract.ts';
import type { LayersWanted } from '../../protocol/contracts/client.ts';
import type { LastNShown } from '../../protocol/contracts/last-n.ts';
import type { P2pSaying, RoomShare } from '../../protocol/contracts/controller-controller.ts';
import type { ErizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import type { DirectoryChange, Removal } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Caller } from '../link/keyring.ts';
import type { EdgeListener } from '../mesh/edge.ts';
import type { ChannelSocket } from './channel.ts';
import type { Visitor } from './client.ts';
import type { BandwidthNews } from './bandwidth-news.ts';
import { tellBandwidth } from './bandwidth-news.ts';
import { Client } from './client.ts';
import type { Line } from './line.ts';
import type { MovedClient } from './moved-clients.ts';
import type { NeighbourListener, RoomStreamId, WatchedStream } from './neighbours.ts';
import type { RoomComponents, RoomOptions } from './room.ts';
import { Room } from './room.ts';
import type { SoundNews } from './sound.ts';
import { tellSound } from './sound.ts';
import { Stamps } from './stamps.ts';
import { Turns } from './turns.ts';

export interface RoomsOptions extends Omit<RoomOptions, 'roomId' | 'onLeft' | 'onClosed'> {
  /** Of the node's key. */
  peerId: string;
}

/** What is open in a controller. */
export interface RoomCounters {
  /** Rooms with clients. */
  rooms: number;
  /** Rooms that are kept: those, and those that the Room object does not know as left yet. */
  heldRooms: number;
  clients: number;
  streams: number;
  subscriptions: number;
}

/** The rooms that this controller holds and the clients in them; it hands on what comes for each. */
export class Rooms implements EdgeListener, NeighbourListener {
  readonly #components: RoomComponents;
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #clients = new Map<string, { client: Client; room: Room }>();
  /** By the digest of their return keys: how long a look takes says nothing of a key. */
  readonly #returning = new Map<string, Client>();
  readonly #stamps: Stamps;
  /** In which clients are ended that could be many at once. */
  readonly #turns = new Turns();

  constructor(components: RoomComponents, options: RoomsOptions) {
    this.#components = components;
    this.#options = options;
    this.#stamps = new Stamps(components, options);
  }

  get counters(): RoomCounters {
    const each = [...this.#rooms.values()].map((room) => room.counters);
    const sum = (key: 'clients' | 'streams' | 'subscriptions'): number =>
      each.reduce((total, counters) => total + counters[key], 0);
    return {
      rooms: each.filter(({ clients }) => clients > 0).length,
      heldRooms: each.length,
      clients: sum('clients'),
      streams: sum('streams'),
      subscriptions: sum('subscriptions'),
    };
  }

  client(clientId: string): Client | undefined {
    return this.#clients.get(clientId)?.client;
  }

  /** The client whose key that is, while it may come back. */
  returning(returnKey: string): Client | undefined {
    return this.#returning.get(digest(returnKey));
  }

  /**
   * Makes the room ready for somebody who was let in. The answer, to be called when the socket has
   * connected or is gone, lets the room go again. Throws `forbidden` for who was removed since it joined.
   */
  async expect(visitor: Visitor): Promise<() => void> {
    const { roomId } = visitor;
    const room = this.#rooms.get(roomId) ?? this.#open(roomId);
    const done = await room.expect(visitor.entry);
    if (room.removed.has(visitor)) {
      done();
      throw new RizomaError('forbidden', 'you were removed from the room');
    }
    return done;
  }

  /** The visitor is in from now on. Of two joins of a client id the one with the later ticket wins. */
  join(visitor: Visitor, socket: ChannelSocket, line: Line): void {
    const room = this.#rooms.get(visitor.roomId);
    if (room === undefined || room.removed.has(visitor)) {
      // It ended, or the visitor was removed, while the socket connected; it hears what it would hear in it.
      socket.disconnect(true);
      return;
    }
    const there = this.client(visitor.entry.clientId);
    if (there !== undefined && there.entry.enteredAt_ms > visitor.entry.enteredAt_ms) {
      // It tried before it came here by the later ticket, and its first try arrives only now.
      socket.disconnect(true);
      return;
    }
    there?.close('it joined again', {
      code: 'conflict',
      message: 'you joined again elsewhere',
    });
    const components = { ...this.#components, turns: this.#turns };
    const client = new Client(components, { visitor, handlers: room.handlers });
    this.#clients.set(client.id, { client, room });
    this.#returning.set(digest(client.returnKey), client);
    client.attach(socket, line);
    client.send('connected', room.join(client));
    void this.#stamps.joined(client, room.id);
  }

  connectionMessage(message: ParamsOf<ErizoToController, 'connectionMessage'>): void {
    const there = this.#clients.get(message.clientId);
    there?.room.fromErizo(there.client, message);
  }

  bandwidth(said: BandwidthNews): void {
    const client = this.client(said.news.clientId);
    if (client !== undefined) {
      tellBandwidth(client, said);
    }
  }

  streamFailed(erizoId: string, failure: ParamsOf<ErizoToController, 'streamFailed'>): void {
    const there = this.#clients.get(failure.clientId);
    there?.room.streamFailed(there.client, erizoId, failure);
  }

  inputEnded({ clientId, streamId }: ParamsOf<ErizoToController, 'inputEnded'>): void {
    const there = this.#clients.get(clientId);
    there?.room.publishing.sourceEnded(there.client, streamId);
  }

  recordingEnded({ recordingId, end }: ParamsOf<ErizoToController, 'recordingEnded'>): void {
    for (const room of this.#rooms.values()) {
      room.recordings.ended(recordingId, end);
    }
  }

  /** To the publisher, while it publishes the stream. */
  layersWanted(wanted: ParamsOf<ErizoToController, 'layersWanted'>): void {
    const { clientId, streamId: id, spatial } = wanted;
    const client = this.#clients.get(clientId)?.client;
    if (client?.publications.has(id) === true) {
      client.send('onLayersWanted', { id, spatial } satisfies LayersWanted);
    }
  }

  videosShown({ clientId, streamIds: ids }: ParamsOf<ErizoToController, 'videosShown'>): void {
    this.#clients.get(clientId)?.client.send('onLastN', { ids } satisfies LastNShown);
  }

  sound(erizoId: string, sound: SoundNews): void {
    tellSound(this.#rooms.get(sound.news.roomId)?.clientsAt(erizoId) ?? [], sound);
  }

  erizoDied(erizoId: string): void {
    for (const room of this.#rooms.values()) {
      room.erizoDied(erizoId);
    }
  }

  linked(): void {
    for (const room of this.#rooms.values()) {
      room.sync.linked();
    }
  }

  /** While the edge does not say which ways are best, the nodes say what they are made from, at any time. */
  lookAtWays(): void {
    if (!this.#components.edge.linked) {
      for (const room of this.#rooms.values()) {
        room.rerouting.changed();
      }
    }
  }

  /** Tells clients that they are in their rooms, each in its time. */
  stamp(): void {
    void this.#stamps.look();
  }

  away(): void {
    for (const room of this.#rooms.values()) {
      room.sync.sharing.away();
    }
  }

  async shared(from: Caller, share: RoomShare): Promise<void> {
    const room = this.#rooms.get(share.roomId);
    if (room === undefined) {
      throw new RizomaError('not_found', 'the room is not held here');
    }
    await room.sync.sharing.shared(from, share);
  }

  callerLost(from: Caller): void {
    for (const room of this.#rooms.values()) {
      room.sync.sharing.callerLost(from);
    }
  }

  roomChanged(roomId: string, change: DirectoryChange): void {
    this.#rooms.get(roomId)?.sync.changed(change);
  }

  roomGranted(roomId: string, grant: string): void {
    this.#rooms.get(roomId)?.sync.granted(grant);
  }

  roomDropped(roomId: string): void {
    this.#rooms.get(roomId)?.sync.forgotten();
  }

  roomDeleted(roomId: string, requestId?: string): void {
    this.#rooms.get(roomId)?.gone('not_found', 'the room was deleted', requestId);
  }

  async watched(from: Caller, { roomId, streamId, grant }: WatchedStream): Promise<void> {
    const room = this.#rooms.get(roomId);
    if (room?.publishes(streamId) !== true) {
      throw new RizomaError('not_found', `stream ${streamId} is not published here`);
    }
    await room.sync.sharing.admit(from, grant);
  }

  data(roomId: string, streamId: string, msg: unknown): void {
    this.#rooms.get(roomId)?.heard(streamId, msg);
  }

  p2pToPublisher({ roomId, streamId }: RoomStreamId, from: string, saying: P2pSaying): void {
    this.#rooms.get(roomId)?.p2p.heardBySubscriber(streamId, from, saying);
  }

  p2pToSubscriber({ roomId, streamId }: RoomStreamId, to: string, msg: unknown): void {
    this.#rooms.get(roomId)?.p2p.heardByPublisher(streamId, to, msg);
  }

  membersChanged(): void {
    for (const room of this.#rooms.values()) {
      room.membersChanged();
    }
  }

  users(roomId: string): RoomUser[] {
    return this.#rooms.get(roomId)?.users ?? [];
  }

  deleteUser(roomId: string, removal: Removal, requestId?: string): number {
    return this.#rooms.get(roomId)?.deleteUser(removal, requestId) ?? 0;
  }

  moved(roomId: string, clients: readonly MovedClient[]): void {
    this.#rooms.get(roomId)?.moved.at(clients);
  }

  /** Clients of another plan know nothing of moving. */
  move(within_ms: number): void {
    for (const { client } of this.#clients.values()) {
      if (client.plan === 'dual') {
        client.send('move', { within_ms });
      }
    }
  }

  close(): void {
    for (const room of this.#rooms.values()) {
      room.close();
    }
    this.#rooms.clear();
  }

  #open(roomId: string): Room {
    const room: Room = new Room(this.#components, {
      ...this.#options,
      roomId,
      onLeft: (client) => {
        this.#stamps.left(client);
        this.#returning.delete(digest(client.returnKey));
        if (this.client(client.id) === client) {
          this.#clients.delete(client.id);
        }
      },
      onClosed: () => {
        if (this.#rooms.get(roomId) === room) {
          this.#rooms.delete(roomId);
        }
      },
    });
    this.#rooms.set(roomId, room);
    return room;
  }
}

function digest(returnKey: string): string {
  return createHash('sha256').update(returnKey).digest('base64');
}
