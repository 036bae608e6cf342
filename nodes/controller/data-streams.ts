import type { SendDataMessage, UpdateAttributesMessage } from '../../protocol/contracts/client.ts';
import { sizeOf } from '../../protocol/contracts/client.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Target } from '../link/zmq-dialer.ts';
import type { Members } from '../mesh/members.ts';
import { chargeFor } from './charge-for.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import { HeardBudgets } from './heard-budgets.ts';
import type { Neighbours } from './neighbours.ts';
import type { SendOptions } from './reliable-socket.ts';
import type { RoomParts } from './room-parts.ts';
import { StreamNews } from './stream-news.ts';

/** What publishers say to the subscribers of their streams: data, and new attributes. */
export class DataStreams {
  readonly #parts: RoomParts;
  readonly #members: Members;
  readonly #neighbours: Neighbours;
  /** Who here subscribed to the data of a stream. */
  readonly #subscribers = new Map<string, Set<Client>>();
  readonly #budgets: HeardBudgets;
  readonly #news: StreamNews;
  /** The controllers at which streams of others are watched. */
  readonly #watched = new Map<string, { at: Target; heard: Promise<void> }>();

  constructor(components: { parts: RoomParts; members: Members; neighbours: Neighbours }) {
    this.#parts = components.parts;
    this.#news = new StreamNews(components.parts);
    this.#budgets = new HeardBudgets(components.parts);
    this.#members = components.members;
    this.#neighbours = components.neighbours;
  }

  /**
   * The client hears what is said on the stream once this has resolved, which is at once unless it is published
   * elsewhere. Never rejects: what cannot be heard now is asked for until it can.
   */
  async subscribe(client: Client, stream: RoomStream): Promise<void> {
    const { streamId } = stream;
    const subscribers = this.#subscribers.get(streamId) ?? new Set();
    this.#subscribers.set(streamId, subscribers.add(client));
    this.#watch(stream);
    await this.#watched.get(streamId)?.heard;
  }

  unsubscribe(client: Client, streamId: string): void {
    const subscribers = this.#subscribers.get(streamId);
    if (subscribers?.delete(client) === true && subscribers.size === 0) {
      this.#subscribers.delete(streamId);
      this.#budgets.ended(streamId);
      this.#unwatch(streamId);
    }
  }

  /** Licode: `onSendDataStream`. Throws `not_found` for a stream that is not the client's own. */
  send(client: Client, { id, msg }: SendDataMessage): void {
    const stream = this.#own(client, id);
    if (!stream.media.data) {
      throw new RizomaError('forbidden', `stream ${id} was published without data`);
    }
    const bytes = sizeOf(msg) + defaults.message_bytes;
    // Each controller elsewhere is sent it once, and pays for its own subscribers.
    const receivers = this.#hearersOf(id) + this.#neighbours.watchersOf(id);
    client.limits.chargeData(chargeFor(bytes, receivers));
    this.#deliver(id, msg);
    this.#neighbours.data({ roomId: this.#parts.roomId, streamId: id }, msg);
  }

  /** What a publisher elsewhere says. Where that is more than one here could say to as many, they miss it. */
  heard(streamId: string, msg: unknown): void {
    const stream = this.#parts.streams.get(streamId);
    const bytes = chargeFor(sizeOf(msg) + defaults.message_bytes, this.#hearersOf(streamId));
    if (stream !== undefined && this.#budgets.take(stream, bytes)) {
      this.#deliver(streamId, msg);
    }
  }

  /** Gives what a publisher says to its subscribers here. */
  #deliver(streamId: string, msg: unknown): void {
    const data_bytes = sizeOf(msg) + defaults.message_bytes;
    this.#tell(streamId, 'onDataStream', { id: streamId, msg }, { data_bytes });
  }

  /** Licode: `onUpdateStreamAttributes`. Other controllers hear of it with the directory. */
  update(client: Client, { id, attrs }: UpdateAttributesMessage): void {
    const { media } = this.#own(client, id);
    client.limits.chargeData(
      chargeFor(sizeOf(attrs) + defaults.message_bytes, this.#hearersOf(id)),
    );
    const changed = { ...media, attributes: attrs };
    this.#parts.budget.charge(client, { streamId: id, media: changed });
    this.#parts.streams.update(id, attrs);
    // They are how the stream is, and not left out for a slow receiver, for whom the newest take the place of those that wait.
    this.#tell(id, 'onUpdateAttributeStream', { id, attrs }, newest(id));
    this.#news.changed(id);
    this.#parts.factsChanged();
  }

  /** Streams of others have new attributes, or come from another controller now. */
  changed(streams: readonly RoomStream[]): void {
    for (const stream of streams) {
      const { streamId: id, media } = stream;
      this.#tell(id, 'onUpdateAttributeStream', { id, attrs: media.attributes }, newest(id));
      this.#news.changed(id);
      if (this.#subscribers.has(id)) {
        this.#watch(stream);
      }
    }
  }

  /** The mesh has other members, or they are reached elsewhere. */
  membersChanged(): void {
    for (const streamId of this.#subscribers.keys()) {
      const stream = this.#parts.streams.get(streamId);
      if (stream !== undefined) {
        this.#watch(stream);
      }
    }
  }

  /** A stream of this room, published here or elsewhere, is no more. */
  removed(streamId: string): void {
    this.#subscribers.delete(streamId);
    this.#budgets.ended(streamId);
    this.#news.removed(streamId);
    this.#unwatch(streamId);
    this.#neighbours.ended(streamId);
  }

  /** Where the controller is reached at which the stream of somebody else is watched. */
  ownerOf(streamId: string): Target | undefined {
    return this.#watched.get(streamId)?.at;
  }

  /** Those here who subscribed to the data of the stream. */
  #hearersOf(streamId: string): number {
    return this.#subscribers.get(streamId)?.size ?? 0;
  }

  #own(client: Client, streamId: string): RoomStream {
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined || !client.publications.has(streamId)) {
      throw new RizomaError('not_found', `you publish no stream ${streamId}`);
    }
    return stream;
  }

  #tell(streamId: string, event: string, message: unknown, options: SendOptions): void {
    // Of a copy: a client that does not read any more is given up, and then no subscriber.
    for (const client of [...(this.#subscribers.get(streamId) ?? [])]) {
      client.send(event, message, options);
    }
  }

  #watch({ streamId, nodeId }: RoomStream): void {
    const endpoint = this.#members.node(nodeId)?.controller;
    const before = this.ownerOf(streamId);
    const isSame = before?.endpoint === endpoint && before?.nodeId === nodeId;
    if (this.#parts.streams.isOwn(streamId) || endpoint === undefined || isSame) {
      return;
    }
    this.#unwatch(streamId);
    const { roomId } = this.#parts;
    const at = { nodeId, endpoint };
    const stream = { roomId, streamId, grant: () => this.#parts.grant() };
    const heard = this.#neighbours.watch(at, stream);
    this.#watched.set(streamId, { at, heard });
  }

  #unwatch(streamId: string): void {
    const at = this.ownerOf(streamId);
    if (at !== undefined) {
      this.#watched.delete(streamId);
      this.#neighbours.unwatch(at, { roomId: this.#parts.roomId, streamId });
    }
  }
}

/** Of the attributes of a stream only the newest count. */
function newest(streamId: string): SendOptions {
  return { key: `attributes of ${streamId}` };
}
