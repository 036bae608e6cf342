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

  /** Has the publisher of the stream offer it to the client. */
  subscribe(client: Client, stream: RoomStream): void {
    this.#toPublisher(stream.streamId, client.id, { type: 'publish_me' });
  }

  unsubscribe(client: Client, streamId: string): void {
    this.#toPublisher(streamId, client.id, { type: 'unpublish_me' });
  }

  /** Licode: `onStreamMessageP2P`. Throws `forbidden` where the two have no stream in common. */
  say(client: Client, { options }: P2pMessage): void {
    const { streamId, peerSocket, msg } = options;
    const stream = this.#parts.streams.get(streamId);
    const isSubscriber = client.subscriptions.has(streamId) && stream?.clientId === peerSocket;
    const isPublisher =
      client.publications.has(streamId) &&
      this.#subscribers.get(streamId)?.has(peerSocket) === true;
    client.limits.chargeData(sizeOf(msg) + defaults.message_bytes);
    if (isSubscriber) {
      this.#toPublisher(streamId, client.id, { type: 'message', msg });
    } else if (isPublisher) {
      this.#toSubscriber(streamId, peerSocket, msg);
    } else {
      throw new RizomaError('forbidden', `stream ${streamId} is not between you and that client`);
    }
  }

  /** A subscriber, here or elsewhere, says something to the publisher here. */
  heardBySubscriber(streamId: string, from: string, saying: P2pSaying): void {
    const stream = this.#parts.streams.isOwn(streamId)
      ? this.#parts.streams.get(streamId)
      : undefined;
    const publisher = stream === undefined ? undefined : this.#parts.client(stream.clientId);
    // Another controller may say it of a room of the usual kind, and of clients that there are not.
    if (publisher === undefined || !this.#parts.p2p()) {
      return;
    }
    const subscribers = this.#subscribers.get(streamId) ?? new Set();
    switch (saying.type) {
      case 'publish_me':
        if (subscribers.size >= limits.p2pSubscribers && !subscribers.has(from)) {
          return;
        }
        this.#subscribers.set(streamId, subscribers.add(from));
        publisher.send('publish_me', { streamId, peerSocket: from });
        return;
      case 'unpublish_me':
        if (subscribers.delete(from)) {
          publisher.send('unpublish_me', { streamId, peerSocket: from });
        }
        return;
      case 'message':
        if (subscribers.has(from)) {
          tell(publisher, streamId, from, saying.msg);
        }
    }
  }

  /** The publisher elsewhere says something to a subscriber here. */
  heardByPublisher(streamId: string, to: string, msg: unknown): void {
    const stream = this.#parts.streams.get(streamId);
    const client = this.#parts.client(to);
    if (stream !== undefined && client?.subscriptions.has(streamId) === true) {
      tell(client, streamId, stream.clientId, msg);
    }
  }

  /** A stream is no more. */
  removed(streamId: string): void {
    this.#subscribers.delete(streamId);
  }

  #toPublisher(streamId: string, from: string, saying: P2pSaying): void {
    if (this.#parts.streams.isOwn(streamId)) {
      this.heardBySubscriber(streamId, from, saying);
      return;
    }
    const endpoint = this.#data.ownerOf(streamId);
    if (endpoint !== undefined) {
      const stream = { roomId: this.#parts.roomId, streamId };
      this.#neighbours.sayToPublisher(endpoint, stream, from, saying);
    }
  }

  #toSubscriber(streamId: string, to: string, msg: unknown): void {
    if (this.#parts.client(to) === undefined) {
      this.#neighbours.sayToSubscriber({ roomId: this.#parts.roomId, streamId }, to, msg);
    } else {
      this.heardByPublisher(streamId, to, msg);
    }
  }
}

/** Without one of these words two clients would not find each other, and neither would know why. */
function tell(client: Client, streamId: string, peerSocket: string, msg: unknown): void {
  const bytes = sizeOf(msg) + defaults.message_bytes;
  client.send('stream_message_p2p', { streamId, peerSocket, msg }, { bytes, mayMiss: false });
}
