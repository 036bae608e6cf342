import type { SubscribeMessage } from '../../protocol/contracts/client.ts';
import type { AutoSubscribeMessage } from '../../protocol/contracts/client-auto.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { meetsAny } from '../../protocol/selectors.ts';
import type { Client } from './client.ts';
import type { RoomParts } from './room-parts.ts';
import type { Subscribing } from './subscribing.ts';

interface Begun {
  streamId: string;
  erizoId: unknown;
  connectionId: unknown;
}

interface Wish {
  message: AutoSubscribeMessage;
  /** The streams to which it led. */
  streams: Set<string>;
  /** Those of one connection that the client is about to be told of together. */
  gathered: Begun[] | undefined;
}

/** Streams that clients receive because they fit what they said once (Licode: `autoSubscribe`). */
export class AutoSubscribing {
  readonly #parts: RoomParts;
  readonly #subscribing: Subscribing;
  readonly #wishes = new Map<Client, Wish>();

  constructor(components: { parts: RoomParts; subscribing: Subscribing }) {
    this.#parts = components.parts;
    this.#subscribing = components.subscribing;
  }

  /** Licode: `onAutoSubscribe`. In the place of what the client said before; nothing fits no selectors. */
  set(client: Client, message: AutoSubscribeMessage): void {
    client.demand('subscribe', message.options);
    const streams = this.#wishes.get(client)?.streams ?? new Set();
    this.#wishes.set(client, { message, streams, gathered: undefined });
    this.#look(client);
  }

  /** Streams came to the room, left it, or have other attributes. */
  streamsChanged(): void {
    for (const client of this.#wishes.keys()) {
      this.#look(client);
    }
  }

  left(client: Client): void {
    this.#wishes.delete(client);
  }

  #look(client: Client): void {
    const wish = this.#wishes.get(client);
    if (wish === undefined) {
      return;
    }
    const { selectors, negativeSelectors } = wish.message;
    const fits = (stream: RoomStream): boolean =>
      stream.clientId !== client.id &&
      meetsAny(stream, selectors) &&
      !meetsAny(stream, negativeSelectors);
    const all = this.#parts.streams.all();
    const fitting = new Set(all.filter(fits).map(({ streamId }) => streamId));
    for (const streamId of fitting) {
      if (!client.subscriptions.has(streamId)) {
        wish.streams.add(streamId);
        void this.#subscribe(client, wish, streamId);
      }
    }
    const unwanted = [...wish.streams].filter((streamId) => !fitting.has(streamId));
    unwanted.forEach((streamId) => wish.streams.delete(streamId));
    const received = unwanted.filter((streamId) => client.subscriptions.has(streamId));
    if (received.length > 0) {
      void this.#unsubscribe(client, received);
    }
  }

  async #subscribe(client: Client, wish: Wish, streamId: string): Promise<void> {
    const message: SubscribeMessage = { options: { ...wish.message.options, streamId } };
    try {
      await this.#subscribing.subscribe(client, message, (_ok, erizoId, connectionId) => {
        // Data comes without a connection.
        if (connectionId !== undefined) {
          this.#tell(client, wish, { streamId, erizoId, connectionId });
        }
      });
    } catch (thrown) {
      // The client did not ask for this one by name: it is tried again when the streams change.
      const { code, message: words } = toRizomaError(thrown);
      this.#parts.log.warn({ clientId: client.id, streamId, code, words }, 'not subscribed');
    }
  }

  /** The client is about to get an offer on the connection: it hears of all that is to be on it at once. */
  #tell(client: Client, wish: Wish, begun: Begun): void {
    if (wish.gathered !== undefined) {
      wish.gathered.push(begun);
      return;
    }
    const { erizoId, connectionId } = begun;
    const gathered = [begun];
    wish.gathered = gathered;
    for (const flow of client.connections.flowsOf(String(connectionId))) {
      this.#subscribing.tell(flow);
    }
    wish.gathered = undefined;
    const streamIds = gathered.map(({ streamId }) => streamId);
    const { said: options } = wish.message;
    const mess = { type: 'multiple-initializing', streamIds, erizoId, connectionId, options };
    client.send('onAutomaticStreamsSubscription', mess);
    const context = 'auto-streams-subscription';
    client.send('stream_message_erizo', { mess, options, context, peerIds: streamIds });
  }

  async #unsubscribe(client: Client, streamIds: readonly string[]): Promise<void> {
    const mess = { type: 'multiple-removal', streamIds };
    client.send('onAutomaticStreamsUnsubscription', mess);
    const context = 'auto-streams-unsubscription';
    client.send('stream_message_erizo', { mess, context, peerIds: streamIds });
    await Promise.allSettled(
      streamIds.map((streamId) => this.#subscribing.unsubscribe(client, streamId)),
    );
  }
}
