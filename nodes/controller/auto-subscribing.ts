import type { Cancel } from '../../protocol/clock.ts';
import type { SubscribeMessage } from '../../protocol/contracts/client.ts';
import type { AutoSubscribeMessage } from '../../protocol/contracts/client-auto.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { selectorKeys } from '../../protocol/selectors.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import { KeyIndex } from './key-index.ts';
import { Retries } from './retries.ts';
import type { RoomParts } from './room-parts.ts';
import type { Subscribing } from './subscribing.ts';
import { TokenBucket } from '../token-bucket.ts';

interface Begun {
  streamId: string;
  erizoId: unknown;
  connectionId: unknown;
}

interface Wish {
  message: AutoSubscribeMessage;
  /** The streams to which it led. */
  streams: Set<string>;
  /** Subscriptions that may begin: one message may lead to as many as a room has streams. */
  begun: TokenBucket;
  /** Those of one connection that the client is about to be told of together. */
  gathered: Begun[] | undefined;
}

/**
 * Streams that clients receive because they fit what they said once (Licode: `autoSubscribe`). A stream that changes is
 * looked for among the clients whose selectors have one of its keys, and a client's selectors among the streams that have one
 * of theirs: nothing costs as much as all streams times all selectors.
 */
export class AutoSubscribing {
  readonly #parts: RoomParts;
  readonly #subscribing: Subscribing;
  readonly #wishes = new Map<Client, Wish>();
  /** Clients by what they want. */
  readonly #wanting = new KeyIndex<Client>();
  /** The ids of the room's streams by what they are. */
  readonly #streams = new KeyIndex<string>();
  /** Clients by the streams that they receive because of it. */
  readonly #takers = new KeyIndex<Client>();
  /** Those that could not be had: they are tried again when any stream changes. */
  readonly #retries: Retries<Client>;
  /** Streams that changed and were not looked at. */
  readonly #changed = new Set<string>();
  #lookedAt_ms = Number.NEGATIVE_INFINITY;
  #closed = false;
  #stopTimer: Cancel | undefined;

  constructor(components: { parts: RoomParts; subscribing: Subscribing }) {
    this.#parts = components.parts;
    this.#subscribing = components.subscribing;
    this.#retries = new Retries(components.parts);
  }

  /** Licode: `onAutoSubscribe`. In the place of what the client said before; nothing fits no selectors. */
  set(client: Client, message: AutoSubscribeMessage): void {
    client.demand('subscribe', message.options);
    client.limits.chargeSelectors();
    const { streams, begun } = this.#wishes.get(client) ?? this.#nothing();
    const wish = { message, streams, begun, gathered: undefined };
    this.#wishes.set(client, wish);
    this.#wanting.set(client, message.selectors);
    this.#retries.hurry(client);
    const candidates = this.#streams.withAny(message.selectors).union(streams);
    this.#apply(client, wish, candidates);
  }

  /** A subscription of a client failed: it is tried again when any stream changes, where it was one of these. */
  failed(client: Client, streamId: string): void {
    if (this.#wishes.get(client)?.streams.has(streamId) === true) {
      this.#retries.failed(client, streamId);
    }
  }

  /** A stream came to the room, left it, or has other attributes. */
  streamChanged(streamId: string): void {
    if (this.#closed) {
      return;
    }
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined) {
      this.#streams.remove(streamId);
    } else {
      this.#streams.set(streamId, selectorKeys(stream));
    }
    this.#changed.add(streamId);
    if (this.#stopTimer !== undefined) {
      return;
    }
    const { clock } = this.#parts;
    const wait_ms = this.#lookedAt_ms + defaults.autoSubscribe_ms - clock.now();
    if (wait_ms <= 0) {
      this.#lookAtChanged();
    } else {
      this.#lookLater(wait_ms);
    }
  }

  left(client: Client): void {
    this.#wishes.delete(client);
    this.#wanting.remove(client);
    this.#takers.remove(client);
    this.#retries.left(client);
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#changed.clear();
    this.#retries.clear();
  }

  #lookAtChanged(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#lookedAt_ms = this.#parts.clock.now();
    const changed = this.#takeChanged();
    for (const [client, streamIds] of this.#retries.take(defaults.autoSubscribeRetries)) {
      changed.set(client, streamIds.union(changed.get(client) ?? new Set()));
    }
    for (const [client, streamIds] of changed) {
      const wish = this.#wishes.get(client);
      if (wish !== undefined) {
        this.#apply(client, wish, streamIds);
      }
    }
    if (this.#changed.size > 0) {
      this.#lookLater(defaults.autoSubscribe_ms);
    }
  }

  /** Those that changed, by the clients whom that may concern: as many as are looked at in one go, the first first. */
  #takeChanged(): Map<Client, Set<string>> {
    const taken = new Map<Client, Set<string>>();
    let pairs = 0;
    for (const streamId of this.#changed) {
      if (pairs >= defaults.autoSubscribePairs) {
        break;
      }
      this.#changed.delete(streamId);
      const keys = this.#streams.keysOf(streamId);
      for (const client of this.#wanting.withAny(keys).union(this.#takers.withAny([streamId]))) {
        taken.set(client, (taken.get(client) ?? new Set()).add(streamId));
        pairs += 1;
      }
    }
    return taken;
  }

  #lookLater(wait_ms: number): void {
    this.#stopTimer ??= this.#parts.clock.after(wait_ms, () => this.#lookAtChanged());
  }

  /** Begins and ends what the client is to receive of these streams. */
  #apply(client: Client, wish: Wish, streamIds: Iterable<string>): void {
    const unwanted: string[] = [];
    for (const streamId of streamIds) {
      if (!this.#fits(client, wish, streamId)) {
        this.#retries.forget(client, streamId);
        if (wish.streams.delete(streamId)) {
          this.#takers.delete(client, streamId);
          unwanted.push(streamId);
        }
      } else if (client.subscriptions.has(streamId) || this.#retries.rests(client, streamId)) {
        continue;
      } else if (!wish.begun.take()) {
        this.#changed.add(streamId);
        this.#lookLater(defaults.autoSubscribe_ms);
      } else {
        wish.streams.add(streamId);
        this.#takers.add(client, streamId);
        void this.#subscribe(client, wish, streamId);
      }
    }
    const received = unwanted.filter((streamId) => client.subscriptions.has(streamId));
    if (received.length > 0) {
      void this.#unsubscribe(client, received);
    }
  }

  #nothing(): Pick<Wish, 'streams' | 'begun'> {
    const perSecond = limits.clientMessages_perSecond;
    const begun = new TokenBucket(this.#parts, { perSecond, burst: limits.streamsPerRoom });
    return { streams: new Set(), begun };
  }

  #fits(client: Client, { message }: Wish, streamId: string): boolean {
    const keys = this.#streams.keysOf(streamId);
    return (
      message.selectors.some((key) => keys.has(key)) &&
      !message.negativeSelectors.some((key) => keys.has(key)) &&
      this.#parts.streams.get(streamId)?.clientId !== client.id
    );
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
      if (client.subscriptions.has(streamId)) {
        this.#retries.forget(client, streamId);
      }
    } catch (thrown) {
      // The client did not ask for this one by name.
      this.failed(client, streamId);
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
