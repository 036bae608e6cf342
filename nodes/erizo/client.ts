import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../protocol/clock.ts';
import type { BandwidthAlert } from '../../protocol/adaptation.ts';
import type { ParamsOf, ParamsIn } from '../../protocol/contract.ts';
import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import type {
  ClientSdpMessage,
  ConnectionPlan,
  ControllerToErizo,
  ErizoToController,
  RtpStats,
  SdpMessage,
  StreamConfig,
} from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import type { LayerRates } from './adaptation/layer-rates.ts';
import type { QualityLevel } from './adaptation/quality.ts';
import { SpeakerEar } from './adaptation/speaker-ear.ts';
import { ClientConnections } from './client-connections.ts';
import type { Engine } from './engine.ts';
import type { MediaKind } from './media.ts';
import type { PicturesOf } from './pictures/pictures-of.ts';
import type { PublishConnection } from './publish-connection.ts';
import { Publisher } from './publisher.ts';
import { ShownVideos } from './shown-videos.ts';
import type { SubscribeConnection } from './subscribe-connection.ts';
import type { Sound } from './sound.ts';
import { Subscriber } from './subscriber.ts';

type Failed = ParamsIn<ErizoToController, 'streamFailed'>;
type PublishParams = ParamsOf<ControllerToErizo, 'addPublisher'>;
type RestoreParams = ParamsOf<ControllerToErizo, 'restoreConnection'>;
type SubscribeParams = ParamsOf<ControllerToErizo, 'addSubscriber'>;

export interface ClientEvents {
  message(connectionId: string, msg: SdpMessage): void;
  failed(streamId: string, role: Failed['role'], why: Failed['why']): void;
  /** What its connections carry. */
  alert(streamId: string, message: BandwidthAlert, bandwidth_bps: number): void;
  quality(connectionId: string, level: QualityLevel): void;
  publisherEnded(publisher: Publisher): void;
  /** Of a stream of a client that sends what it is told: up to this spatial layer, or no video. */
  layersWanted(streamId: string, spatial: number | null): void;
  /** It wants the video of the last few who spoke, and is sent that of these. */
  videosShown(streamIds: string[]): void;
  /** It is sent the first packet of a track, so long after it asked for the stream. */
  firstMedia(kind: MediaKind, wait_ms: number): void;
  /** Nothing is left of the client. */
  idle(): void;
}

/** What one client publishes and plays here, and its connections. */
export class Client {
  readonly clientId: string;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: ClientEvents;
  readonly #publishers = new Map<string, Publisher>();
  readonly #subscribers = new Map<string, Subscriber>();
  /** Publishers whose caller has had its answer. */
  readonly #ready = new Set<Publisher>();
  readonly #connections: ClientConnections;
  readonly #ear: SpeakerEar;
  readonly #videos: ShownVideos;
  #bandwidth: ClientBandwidth = {};

  constructor(
    components: {
      engine: Engine;
      clock: Clock;
      log: Log;
      rates: LayerRates;
      pictures: PicturesOf;
      sound: Pick<Sound, 'listen' | 'forget'>;
      events: ClientEvents;
    },
    options: { clientId: string },
  ) {
    this.clientId = options.clientId;
    this.#engine = components.engine;
    this.#clock = components.clock;
    this.#log = components.log.child({ clientId: options.clientId });
    this.#events = components.events;
    this.#ear = new SpeakerEar(components, {
      clientId: options.clientId,
      onSpeaker: (streamId) => this.#connections.setSpeaker(streamId),
    });
    this.#connections = new ClientConnections(
      { ...components, log: this.#log },
      {
        send: (connectionId, msg) => this.#events.message(connectionId, msg),
        quality: (connectionId, level) => this.#events.quality(connectionId, level),
        publishFailed: (target) => this.#onPublishFailed(target),
        subscribeFailed: (target) => this.#onSubscribeFailed(target),
        ended: () => this.#checkIdle(),
      },
    );
    this.#videos = new ShownVideos(components, {
      ...options,
      show: (streamId, shown) => this.#show(streamId, shown),
      onChange: (streamIds) => this.#events.videosShown(streamIds),
    });
  }

  get publishers(): number {
    return this.#publishers.size;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Nothing is left of it. */
  get isIdle(): boolean {
    return this.#publishers.size + this.#subscribers.size + this.#connections.size === 0;
  }

  /** Takes over a connection that the client had at another process. */
  restore(params: RestoreParams): void {
    this.#connections.restore(params);
    this.#log.info({ connectionId: params.connectionId }, 'connection restored');
  }

  /** A publisher that awaits the client's offer on the connection that is named with it. */
  publish(params: PublishParams): { publisher: Publisher; target: PublishConnection } {
    const { roomId, streamId, options } = params;
    if (this.#publishers.size >= limits.streamsPerClient) {
      throw new RizomaError('overloaded', `a client publishes ${limits.streamsPerClient} streams`);
    }
    const target = this.#connections.publishTarget(options.plan, options.restored);
    const sameLabel = [...target.publishers].some(({ label }) => label === options.label);
    if (sameLabel) {
      throw new RizomaError('conflict', 'the client publishes a stream with this label already');
    }
    const onLayers = (spatial: number | null): void => this.#events.layersWanted(streamId, spatial);
    const publisher = new Publisher(
      { clock: this.#clock },
      {
        streamId,
        roomId,
        audio: options.audio,
        video: options.video,
        label: options.label,
        config: options.config,
        onLayers: options.follows ? onLayers : undefined,
        isRestored: options.restored !== undefined,
        onEnd: (ended) => this.#onPublisherEnd(ended, target),
      },
    );
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
    const asked_ms = this.#clock.now();
    this.setBandwidth(options.bandwidth);
    this.#ear.in(params.roomId);
    const target = this.#connections.subscribeTarget(options.plan, options.restored);
    const subscriber = new Subscriber(
      { target, clock: this.#clock },
      {
        streamId,
        audio: options.audio,
        video: options.video,
        config: options.config,
        onFailed: (why) => this.#events.failed(streamId, 'subscriber', why),
        onAlert: (message, bps) => this.#events.alert(streamId, message, bps),
        onMedia: (kind) => this.#events.firstMedia(kind, this.#clock.now() - asked_ms),
        onEnd: (ended) => this.#onSubscriberEnd(ended),
      },
    );
    this.#subscribers.set(streamId, subscriber);
    this.#videos.limit(params.roomId, options.lastN);
    if (options.video) {
      this.#videos.pin(streamId, options.config.pinned === true);
      this.#videos.add(streamId);
      this.#show(streamId, this.#videos.isShown(streamId));
    }
    target.join(subscriber);
    this.#log.info({ streamId }, 'subscriber added');
    return subscriber;
  }

  /** Opens the connection of its first subscription; answers what it is called. */
  prepare(plan: ConnectionPlan): string {
    const target = this.#connections.subscribeTarget(plan);
    target.prepare(this.#engine.sections);
    return target.connection.id;
  }

  removePublisher(streamId: string): void {
    this.#publishers.get(streamId)?.close();
  }

  removeSubscriber(streamId: string): void {
    this.#subscribers.get(streamId)?.close();
    this.#connections.release(streamId);
  }

  /** What the client changes of a stream that it publishes or plays; throws `not_found`. */
  update(streamId: string, config: StreamConfig): void {
    const stream = this.#publishers.get(streamId) ?? this.#subscribers.get(streamId);
    if (stream === undefined) {
      throw new RizomaError('not_found', `the client has no stream ${streamId} here`);
    }
    stream.update(config);
    if (config.pinned !== undefined && this.#subscribers.has(streamId)) {
      this.#videos.pin(streamId, config.pinned);
    }
  }

  /** It wants the video of so many of those who spoke last; of all, where it is undefined. */
  setLastN(few: number | undefined): void {
    this.#videos.setLimit(few);
  }

  /** Videos that it plays and is not sent, since it wants only a few. */
  get hiddenVideos(): number {
    return this.#videos.hidden;
  }

  /** Streams that it publishes without video, since nobody needs that. */
  get unwatched(): number {
    return [...this.#publishers.values()].filter(({ isUnwatched }) => isUnwatched).length;
  }

  /** Its controller was away, and may have missed which layers are wanted. */
  repeatLayers(): void {
    for (const publisher of this.#publishers.values()) {
      publisher.repeatLayers();
    }
  }

  /** What it wants of all its connections. */
  setBandwidth(bandwidth: ClientBandwidth): void {
    // Each subscription says it again, and each connection would be looked at.
    if (!isDeepStrictEqual(bandwidth, this.#bandwidth)) {
      this.#bandwidth = bandwidth;
      this.#connections.setBandwidth(bandwidth);
    }
    this.#ear.setStrategy(bandwidth.strategy);
  }

  plays(streamId: string): boolean {
    return this.#subscribers.has(streamId);
  }

  /** What goes to the client of a stream; undefined where it does not play it. */
  async statsOf(streamId: string): Promise<RtpStats[] | undefined> {
    return this.#subscribers.get(streamId)?.stats();
  }

  /** What the client says of one of its connections. */
  onMessage(connectionId: string, msg: ClientSdpMessage): Promise<void> {
    return this.#connections.onMessage(connectionId, msg);
  }

  close(): void {
    for (const stream of [...this.#publishers.values(), ...this.#subscribers.values()]) {
      stream.close();
    }
    this.#connections.close();
    this.#videos.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
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
    this.#log.info({ streamId: publisher.streamId }, 'publisher ended');
    this.#events.publisherEnded(publisher);
    target.remove(publisher);
    this.#checkIdle();
  }

  #onSubscriberEnd(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.streamId);
    this.#videos.remove(subscriber.streamId);
    this.#log.info({ streamId: subscriber.streamId }, 'subscriber ended');
    this.#checkIdle();
  }

  #show(streamId: string, shown: boolean): void {
    this.#subscribers.get(streamId)?.wish('last-n', { paused: !shown });
  }

  #checkIdle(): void {
    if (this.isIdle) {
      this.#ear.close();
      this.#videos.close();
      this.#events.idle();
    }
  }
}
