import type { ParamsOf, ParamsIn } from '../../protocol/contract.ts';
import type {
  ControllerToErizo,
  ErizoToController,
  SdpMessage,
} from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import { Connection } from './connection.ts';
import type { Engine } from './engine.ts';
import { PublishConnection } from './publish-connection.ts';
import { Publisher } from './publisher.ts';
import { msidOf } from './sdp/offer.ts';
import { SubscribeConnection } from './subscribe-connection.ts';
import { Subscriber } from './subscriber.ts';

type Failed = ParamsIn<ErizoToController, 'streamFailed'>;
type PublishParams = ParamsOf<ControllerToErizo, 'addPublisher'>;
type SubscribeParams = ParamsOf<ControllerToErizo, 'addSubscriber'>;

export interface ClientEvents {
  message(connectionId: string, msg: SdpMessage): void;
  failed(streamId: string, role: Failed['role'], why: Failed['why']): void;
  publisherEnded(publisher: Publisher): void;
  /** Nothing is left of the client. */
  idle(): void;
}

/** What one client publishes and plays here, and its connections. */
export class Client {
  readonly clientId: string;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #events: ClientEvents;
  readonly #publishers = new Map<string, Publisher>();
  readonly #subscribers = new Map<string, Subscriber>();
  /** Publishers whose caller has had its answer. */
  readonly #ready = new Set<Publisher>();
  readonly #publishConnections = new Set<PublishConnection>();
  readonly #subscribeConnections = new Set<SubscribeConnection>();

  constructor(
    components: { engine: Engine; log: Log; events: ClientEvents },
    options: { clientId: string },
  ) {
    this.clientId = options.clientId;
    this.#engine = components.engine;
    this.#log = components.log.child({ clientId: options.clientId });
    this.#events = components.events;
  }

  get publishers(): number {
    return this.#publishers.size;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  get connections(): number {
    return this.#publishConnections.size + this.#subscribeConnections.size;
  }

  /** A publisher that awaits the client's offer on the connection that is named with it. */
  publish(params: PublishParams): { publisher: Publisher; target: PublishConnection } {
    const { roomId, streamId, options } = params;
    if (this.#publishers.size >= limits.streamsPerClient) {
      throw new RizomaError('overloaded', `a client publishes ${limits.streamsPerClient} streams`);
    }
    const target = this.#publishTarget(options.plan);
    const sameLabel = [...target.publishers].some(({ label }) => label === options.label);
    if (sameLabel) {
      throw new RizomaError('conflict', 'the client publishes a stream with this label already');
    }
    const publisher = new Publisher({
      streamId,
      roomId,
      audio: options.audio,
      video: options.video,
      label: options.label,
      onEnd: (ended) => this.#onPublisherEnd(ended, target),
    });
    this.#publishers.set(streamId, publisher);
    target.add(publisher);
    this.#log.info({ streamId }, 'publisher added');
    return { publisher, target };
  }

  /** The caller knows that the publisher works: what happens to it from now on is told. */
  markReady(publisher: Publisher): void {
    this.#ready.add(publisher);
  }

  /** A subscriber that has not started, on the connection that it will be offered on. */
  subscribe(params: SubscribeParams): Subscriber {
    const { streamId, options } = params;
    if (this.#subscribers.has(streamId)) {
      throw new RizomaError('conflict', 'the client plays this stream already');
    }
    const target = this.#subscribeTarget(options.plan);
    const subscriber = new Subscriber(
      { target },
      {
        streamId,
        audio: options.audio,
        video: options.video,
        // Labels are the publishers' own words, and streams that share a connection are told apart by it.
        msid: options.plan === 'dual' ? streamId : msidOf(options.label, streamId),
        onFailed: (why) => this.#events.failed(streamId, 'subscriber', why),
        onEnd: (ended) => this.#onSubscriberEnd(ended),
      },
    );
    this.#subscribers.set(streamId, subscriber);
    target.join(subscriber);
    this.#log.info({ streamId }, 'subscriber added');
    return subscriber;
  }

  removePublisher(streamId: string): void {
    this.#publishers.get(streamId)?.close();
  }

  removeSubscriber(streamId: string): void {
    this.#subscribers.get(streamId)?.close();
  }

  /** The client's offer or answer for one of its connections. */
  async onMessage(connectionId: string, msg: SdpMessage): Promise<void> {
    const published = [...this.#publishConnections].find(
      ({ connection }) => connection.id === connectionId,
    );
    const subscribed = [...this.#subscribeConnections].find(
      ({ connection }) => connection.id === connectionId,
    );
    if (published !== undefined && msg.type === 'offer') {
      await published.onOffer(msg.sdp);
    } else if (subscribed !== undefined && msg.type === 'answer') {
      await subscribed.onAnswer(msg.sdp);
    } else if (published === undefined && subscribed === undefined) {
      throw new RizomaError('not_found', `the client has no connection ${connectionId} here`);
    } else {
      throw new RizomaError('conflict', `connection ${connectionId} takes no ${msg.type}`);
    }
  }

  close(): void {
    for (const stream of [...this.#publishers.values(), ...this.#subscribers.values()]) {
      stream.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #publishTarget(plan: 'stream' | 'dual'): PublishConnection {
    const [shared] = plan === 'dual' ? this.#publishConnections : [];
    if (shared !== undefined) {
      return shared;
    }
    const connection = Connection.create(
      { engine: this.#engine, log: this.#log },
      { onFailed: () => this.#onPublishFailed(made) },
    );
    const made = new PublishConnection(
      { connection, capabilities: this.#engine.capabilities },
      {
        plan,
        sendAnswer: (sdp) => this.#events.message(connection.id, { type: 'answer', sdp }),
      },
    );
    this.#publishConnections.add(made);
    return made;
  }

  #subscribeTarget(plan: 'stream' | 'dual'): SubscribeConnection {
    const [shared] = plan === 'dual' ? this.#subscribeConnections : [];
    if (shared !== undefined) {
      return shared;
    }
    const connection = Connection.create(
      { engine: this.#engine, log: this.#log },
      { onFailed: () => this.#onSubscribeFailed(made) },
    );
    const made = new SubscribeConnection(
      { connection },
      { sendOffer: (sdp) => this.#events.message(connection.id, { type: 'offer', sdp }) },
    );
    this.#subscribeConnections.add(made);
    return made;
  }

  #onPublishFailed(target: PublishConnection): void {
    for (const publisher of [...target.publishers]) {
      const wasReady = this.#ready.has(publisher);
      publisher.close(new RizomaError('unavailable', 'ICE or DTLS has ended'));
      if (wasReady) {
        this.#events.failed(publisher.streamId, 'publisher', 'transport');
      }
    }
  }

  #onSubscribeFailed(target: SubscribeConnection): void {
    for (const subscriber of [...this.#subscribers.values()]) {
      if (subscriber.target === target && subscriber.connectionFailed()) {
        this.#events.failed(subscriber.streamId, 'subscriber', 'transport');
      }
    }
  }

  #onPublisherEnd(publisher: Publisher, target: PublishConnection): void {
    this.#publishers.delete(publisher.streamId);
    this.#ready.delete(publisher);
    target.remove(publisher);
    if (target.publishers.size === 0) {
      this.#publishConnections.delete(target);
    }
    this.#log.info({ streamId: publisher.streamId }, 'publisher ended');
    this.#events.publisherEnded(publisher);
    this.#checkIdle();
  }

  #onSubscriberEnd(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.streamId);
    if (subscriber.target.owners.size === 0) {
      this.#subscribeConnections.delete(subscriber.target);
    }
    this.#log.info({ streamId: subscriber.streamId }, 'subscriber ended');
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#publishers.size + this.#subscribers.size === 0) {
      this.#events.idle();
    }
  }
}
