import type { P2pMessage } from '../../protocol/contracts/client.ts';
import { sizeOf } from '../../protocol/contracts/client.ts';
import type { P2pSaying } from '../../protocol/contracts/controller-controller.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { DataStreams } from './data-streams.ts';
import type { Neighbours } from './neighbours.ts';
import type { RoomParts } from './room-parts.ts';

/**
 * Streams of a room whose clients send to each other directly (Licode: `p2p`): here go the words with
 * which they find each other, between the publisher of a stream and each of its subscribers.
 */
export class PeerToPeer {
  readonly #parts: RoomParts;
  readonly #data: DataStreams;
  readonly #neighbours: Neighbours;
  /** Subscribers of streams that are published here, by stream; those elsewhere too. */
  readonly #subscribers = new Map<string, Set<string>>();

  constructor(components: { parts: RoomParts; data: DataStreams; neighbours: Neighbours }) {
    this.#parts = components.parts;
    this.#data = components.data;
    this.#neighbours = components.neighbours;
  }

  /** Has the publisher of the stream offer it to the client. Throws `overloaded` where the publisher is stuck. */
  subscribe(client: Client, stream: RoomStream): void {
    demandTaken(this.#toPublisher(stream.streamId, client.id, { type: 'publish_me' }));
  }

  unsubscribe(client: Client, streamId: string): void {
    this.#toPublisher(streamId, client.id, { type: 'unpublish_me' });
  }

  /**
   * Licode: `onStreamMessageP2P`. Throws `forbidden` where the two have no stream in common, and `overloaded` where the other
   * one is at this controller and takes less than comes.
   */
  say(client: Client, { options }: P2pMessage): void {
    const { streamId, peerSocket, msg } = options;
    const stream = this.#parts.streams.get(streamId);
    const isSubscriber = client.subscriptions.has(streamId) && stream?.clientId === peerSocket;
    const isPublisher =
      client.publications.has(streamId) &&
      this.#subscribers.get(streamId)?.has(peerSocket) === true;
    client.limits.chargeData(sizeOf(msg) + defaults.message_bytes);
    if (isSubscriber) {
      demandTaken(this.#toPublisher(streamId, client.id, { type: 'message', msg }));
    } else if (isPublisher) {
      demandTaken(this.#toSubscriber(streamId, peerSocket, msg));
    } else {
      throw new RizomaError('forbidden', `stream ${streamId} is not between you and that client`);
    }
  }

  /**
   * A subscriber, here or elsewhere, says something to the publisher here; false where that is left out. Whoever subscribes
   * and gives up again and again has one word that waits, and ends nobody.
   */
  heardBySubscriber(streamId: string, from: string, saying: P2pSaying): boolean {
    const stream = this.#parts.streams.isOwn(streamId)
      ? this.#parts.streams.get(streamId)
      : undefined;
    const publisher = stream === undefined ? undefined : this.#parts.client(stream.clientId);
    // Another controller may say it of a room of the usual kind, and of clients that there are not.
    if (publisher === undefined || !this.#parts.p2p()) {
      return true;
    }
    const subscribers = this.#subscribers.get(streamId) ?? new Set();
    switch (saying.type) {
      case 'publish_me':
        if (subscribers.size >= limits.p2pSubscribers && !subscribers.has(from)) {
          return false;
        }
        if (!introduce(publisher, 'publish_me', streamId, from)) {
          return false;
        }
        this.#subscribers.set(streamId, subscribers.add(from));
        return true;
      case 'unpublish_me':
        return !subscribers.delete(from) || introduce(publisher, 'unpublish_me', streamId, from);
      case 'message':
        return !subscribers.has(from) || tell(publisher, streamId, from, saying.msg);
    }
  }

  /** The publisher elsewhere says something to a subscriber here; false where that is left out. */
  heardByPublisher(streamId: string, to: string, msg: unknown): boolean {
    const stream = this.#parts.streams.get(streamId);
    const client = this.#parts.client(to);
    const hears = stream !== undefined && client?.subscriptions.has(streamId) === true;
    return !hears || tell(client, streamId, stream.clientId, msg);
  }

  /** A stream is no more. */
  removed(streamId: string): void {
    this.#subscribers.delete(streamId);
  }

  /** What goes to another controller counts as taken: a receiver there that is stuck misses it. */
  #toPublisher(streamId: string, from: string, saying: P2pSaying): boolean {
    if (this.#parts.streams.isOwn(streamId)) {
      return this.heardBySubscriber(streamId, from, saying);
    }
    const owner = this.#data.ownerOf(streamId);
    if (owner !== undefined) {
      const stream = { roomId: this.#parts.roomId, streamId };
      this.#neighbours.sayToPublisher(owner, stream, from, saying);
    }
    return true;
  }

  #toSubscriber(streamId: string, to: string, msg: unknown): boolean {
    if (this.#parts.client(to) !== undefined) {
      return this.heardByPublisher(streamId, to, msg);
    }
    this.#neighbours.sayToSubscriber({ roomId: this.#parts.roomId, streamId }, to, msg);
    return true;
  }
}

function tell(client: Client, streamId: string, peerSocket: string, msg: unknown): boolean {
  const data_bytes = sizeOf(msg) + defaults.message_bytes;
  return client.send('stream_message_p2p', { streamId, peerSocket, msg }, { data_bytes });
}

/** Of one pair only the last word counts. */
function introduce(
  publisher: Client,
  event: 'publish_me' | 'unpublish_me',
  streamId: string,
  peerSocket: string,
): boolean {
  const key = `introduction of ${peerSocket} to ${streamId}`;
  const options = { key, data_bytes: defaults.message_bytes };
  return publisher.send(event, { streamId, peerSocket }, options);
}

function demandTaken(isTaken: boolean): void {
  if (!isTaken) {
    throw new RizomaError('overloaded', 'the other client takes nothing now: try again later');
  }
}
