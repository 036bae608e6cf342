import type { Cancel } from '../../protocol/clock.ts';
import type { Connected, PublicStream } from '../../protocol/contracts/client.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { defaults } from './defaults.ts';
import { Emitter } from './emitter.ts';
import type { Entrance } from './entrance.ts';
import { Failover } from './failover.ts';
import type { RoomMessage } from './listen.ts';
import { listen } from './listen.ts';
import type { PublishOptions } from './publication.ts';
import { Publication } from './publication.ts';
import type { Recording } from './recordings.ts';
import { Recordings } from './recordings.ts';
import type { RoomEvents } from './room-events.ts';
import { tellNews } from './room-events.ts';
import type { Entered, SessionComponents } from './session.ts';
import { Session } from './session.ts';
import { reportedError } from './signalling.ts';
import type { StreamStats } from './stats.ts';
import type { LocalStream } from './streams.ts';
import { RemoteStream } from './streams.ts';
import { Subscription } from './subscription.ts';

export interface RoomComponents extends SessionComponents {
  readonly entrance: Pick<Entrance, 'again'>;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
}

export interface RoomOptions {
  /** Upper bound of each video track that we publish, in bits/s. */
  maxVideoBitrate_bps?: number;
}

/** A room that this client is in, at one controller after the other. */
export class Room extends Emitter<RoomEvents> {
  readonly id: string;
  readonly clientId: string;
  readonly #components: RoomComponents;
  readonly #options: RoomOptions;
  readonly #failover: Failover;
  readonly #streams = new Map<string, RemoteStream>();
  readonly #publications = new Map<LocalStream, Publication>();
  readonly #recordings: Recordings;
  readonly #subscriptions = new Map<RemoteStream, Subscription>();
  /** Ids of our own streams, which the room announces to us too. */
  readonly #own = new Set<string>();
  #session: Session;
  /** Where we were before, until all that plays there plays here. */
  #left: { session: Session; cancelEnd: Cancel } | undefined;
  /** Whether there is a controller to ask. */
  #up = true;
  #nextNumber = 0;
  readonly #over = Promise.withResolvers<void>();
  #lastN: number | undefined;

  private constructor(components: RoomComponents, entered: Entered, options: RoomOptions) {
    super();
    this.#components = components;
    this.#options = options;
    this.id = entered.connected.id;
    this.clientId = entered.connected.clientId;
    this.#session = this.#newSession(entered);
    for (const stream of entered.connected.streams) {
      this.#streams.set(stream.id, new RemoteStream(stream));
    }
    this.#recordings = new Recordings({
      running: entered.connected.recordings ?? [],
      tell: (event, recording) => this.emit(event, recording),
    });
    const { clock, random, entrance } = components;
    this.#failover = new Failover(
      { clock, random, enter: (isWanted) => entrance.again(isWanted) },
      {
        onEntered: (next) => this.#move(next),
        onTrouble: ({ message }) => this.#handleAway(message),
        // Who was only asked to go elsewhere stays while that cannot be.
        onGivenUp: (error) => (this.#up ? undefined : this.#handleOver(error)),
      },
    );
  }

  static create(components: RoomComponents, entered: Entered, options: RoomOptions): Room {
    const room = new Room(components, entered, options);
    room.#listen(room.#session);
    return room;
  }

  /** Resolves when the room is over for us, by `leave()` or otherwise. */
  get ended(): Promise<void> {
    return this.#over.promise;
  }

  /** The page was put away, which left the room, and is back. */
  handlePageBack(): void {
    const reason = 'the room was left when the page was put away: join again';
    this.emit('disconnected', { reason, code: 'unavailable' });
  }

  /** Where we are served from. */
  get region(): string {
    return this.#session.region;
  }

  /** `host:port` of our controller. */
  get controller(): string {
    return this.#session.controller;
  }

  /** The streams of the others, by id. */
  get streams(): ReadonlyMap<string, RemoteStream> {
    return this.#streams;
  }

  /** What of the room is being recorded, by id; the events `recording-started` and `recording-ended` tell of changes. */
  get recordings(): ReadonlyMap<string, Recording> {
    return this.#recordings.running;
  }

  /** Whether anything in the room is being recorded. Apps show this to everyone in it. */
  get isRecording(): boolean {
    return this.#recordings.running.size > 0;
  }

  /** What this client publishes. */
  get localStreams(): readonly LocalStream[] {
    return [...this.#publications.keys()];
  }

  /**
   * Publishes the tracks that the media has now, video in so many layers of simulcast (one, unless said
   * otherwise), of which only those are sent that somebody plays. Throws a `RizomaError`: `forbidden`,
   * `sdp_no_codec`, or what kept it from working at the last try.
   */
  async publish(media: MediaStream, options: PublishOptions = {}): Promise<LocalStream> {
    if (media.getTracks().length === 0) {
      throw new RizomaError('bad_request', 'there is no track to publish');
    }
    const publication = Publication.create(this.#session.media, {
      media,
      attributes: options.attributes ?? {},
      layers: options.layers ?? 1,
      adaptation: options.adaptation,
      onId: (streamId) => this.#own.add(streamId),
      onGivenUp: (error) => this.#giveUp(publication.stream, error),
      onReleased: () => this.#leaveOld(),
      nextNumber: () => this.#nextNumber++ % limits.streamNumbers,
    });
    publication.handleRoom(this.#up);
    this.#publications.set(publication.stream, publication);
    await publication.first;
    return publication.stream;
  }

  async unpublish(stream: LocalStream): Promise<void> {
    const publication = this.#publications.get(stream);
    this.#publications.delete(stream);
    await publication?.close();
  }

  /**
   * The media of a stream, once all its tracks are there. When the stream fails it is subscribed
   * to again, and its event `media` tells of the new one.
   */
  async subscribe(stream: RemoteStream): Promise<MediaStream> {
    if (this.#streams.get(stream.id) !== stream) {
      throw new RizomaError('not_found', 'the stream is not in the room any more');
    }
    if (stream.kinds.length === 0) {
      throw new RizomaError('bad_request', 'the stream has neither audio nor video');
    }
    const subscription =
      this.#subscriptions.get(stream) ??
      Subscription.create(this.#session.media, {
        stream,
        onGivenUp: (error) => this.#giveUp(stream, error),
        onReleased: () => this.#leaveOld(),
      });
    subscription.handleRoom(this.#up);
    this.#subscriptions.set(stream, subscription);
    return subscription.first;
  }

  async unsubscribe(stream: RemoteStream): Promise<void> {
    const subscription = this.#subscriptions.get(stream);
    this.#subscriptions.delete(stream);
    await subscription?.close();
  }

  /**
   * From now on we are sent the video of so many of those who spoke last, and of the streams that are pinned; of all
   * where it is undefined. Sound is not concerned. The event `last-n` says whose video comes.
   */
  setLastN(few: number | undefined): void {
    this.#lastN = few;
    this.#session.media.signalling.setLastN(few);
  }

  /** What each stream sent or received so far; of those that have media. */
  async stats(): Promise<StreamStats[]> {
    const all: Promise<StreamStats | undefined>[] = [];
    this.#forKept((kept) => all.push(kept.stats()));
    return (await Promise.all(all)).filter((stats) => stats !== undefined);
  }

  /** Ends all of it; the controller knows at once. */
  leave(): void {
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  #newSession(entered: Entered): Session {
    const session = new Session(this.#components, entered, {
      maxVideoBitrate_bps: this.#options.maxVideoBitrate_bps ?? defaults.maxVideoBitrate_bps,
      onConnectionLost: (connectionId) => this.#handleConnectionLost(connectionId),
      onQuality: (told) => (session === this.#session ? this.emit('quality', told) : undefined),
    });
    return session;
  }

  #listen(session: Session): void {
    listen(
      session,
      {
        message: (message) => this.#handle(message),
        away: (reason) => this.#handleAway(reason),
        lost: () => this.#failover.start(),
        back: () => {
          this.#failover.settle();
          this.#handleBack();
        },
        closed: (reason) => {
          this.#handleAway(reason);
          this.#failover.start();
        },
      },
      () => session === this.#session,
    );
  }

  /** There is nobody to ask. Says why, and what became of each round of looking for somebody. */
  #handleAway(reason: string): void {
    if (this.#session.channel.isUp) {
      return;
    }
    this.#up = false;
    this.#forKept((kept) => kept.handleRoom(false));
    this.emit('reconnecting', { reason });
  }

  #handleBack(): void {
    if (!this.#up) {
      this.#up = true;
      this.#forKept((kept) => kept.handleRoom(true));
      this.emit('reconnected', {});
    }
  }

  /** Goes to another controller: make before break, stream by stream. */
  #move(entered: Entered): void {
    this.#endOld();
    const session = this.#session;
    const cancelEnd = this.#components.clock.after(defaults.leaveOld_ms, () => this.#endOld());
    this.#left = { session, cancelEnd };
    this.#session = this.#newSession(entered);
    this.#listen(this.#session);
    if (this.#lastN !== undefined) {
      this.setLastN(this.#lastN);
    }
    this.#handleDirectory(entered.connected);
    this.#forKept((kept) => kept.handleMoved(this.#session.media));
    this.#handleBack();
    this.emit('moved', { controller: this.controller, region: this.region });
    this.#leaveOld();
  }

  /** Leaves the controller that was before, once nothing of it is used any more. */
  #leaveOld(): void {
    let used = false;
    this.#forKept((kept) => {
      used ||= kept.keepsOld;
    });
    if (!used) {
      this.#endOld();
    }
  }

  #endOld(): void {
    this.#left?.cancelEnd();
    this.#left?.session.close();
    this.#left = undefined;
  }

  #handle(message: RoomMessage): void {
    switch (message.event) {
      case 'onAddStream':
        return this.#handleAdded(message.payload);
      case 'onRemoveStream':
        return this.#handleRemoved(message.payload.id);
      case 'stream_changed':
        return this.#streams.get(message.payload.id)?.handleChanged(message.payload);
      case 'connected':
        return this.#handleDirectory(message.payload);
      case 'stream_moved':
        return this.#subscriptionOf(message.payload.id)?.handleStreamMoved();
      case 'onLayersWanted':
        return this.#publicationOf(message.payload.id)?.handleLayers(message.payload.spatial);
      case 'move':
        return this.#failover.start(message.payload.within_ms * this.#components.random());
      case 'room_ended':
        return this.#handleEnded(message.payload);
      case 'onBandwidthAlert':
        return this.#streams.get(message.payload.streamID)?.handleBandwidth(message.payload);
      case 'recording_started':
        return this.#recordings.started(message.payload);
      case 'recording_ended':
        return this.#recordings.ended(message.payload.id);
      case 'onLastN':
      case 'onActiveSpeaker':
      case 'onAudioLevels':
        return tellNews(message, (event, payload) => this.emit(event, payload));
      case 'connection_failed': {
        const { type, streamId, code, message: words } = message.payload;
        return this.#handleFailed(type, streamId, reportedError(code, words));
      }
    }
  }

  #handleAdded(stream: PublicStream): void {
    if (this.#own.has(stream.id) || this.#streams.has(stream.id)) {
      return;
    }
    const added = new RemoteStream(stream);
    this.#streams.set(added.id, added);
    this.emit('stream-added', added);
  }

  #handleRemoved(streamId: string): void {
    // One that we still publish comes back under its id, as when we took long to come to another controller.
    if (this.#publicationOf(streamId) === undefined) {
      this.#own.delete(streamId);
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      return;
    }
    this.#streams.delete(streamId);
    this.#subscriptions.get(stream)?.handleStreamEnded();
    this.#subscriptions.delete(stream);
    stream.handleEnded();
    this.emit('stream-removed', stream);
  }

  /** A controller that says again what is in the room: what we missed is made up for. */
  #handleDirectory({ streams, recordings = [] }: Connected): void {
    const present = new Set(streams.map((stream) => stream.id));
    for (const streamId of [...this.#streams.keys()]) {
      if (!present.has(streamId)) {
        this.#handleRemoved(streamId);
      }
    }
    for (const stream of streams) {
      this.#streams.get(stream.id)?.handleChanged(stream);
      this.#handleAdded(stream);
    }
    this.#recordings.replace(recordings);
  }

  #handleFailed(type: 'publish' | 'subscribe', streamId: string, error: RizomaError): void {
    if (type === 'publish') {
      this.#publicationOf(streamId)?.handleBroken(error);
      return;
    }
    this.#subscriptionOf(streamId)?.handleBroken(error);
  }

  #subscriptionOf(streamId: string): Subscription | undefined {
    const stream = this.#streams.get(streamId);
    return stream && this.#subscriptions.get(stream);
  }

  /**
   * A controller that closes has others in its place, and the one that takes us now may have us end where we were; all else that
   * ends a room for us is final.
   */
  #handleEnded({ code, message }: { code: string; message: string }): void {
    const isByUs = code === 'conflict' && this.#failover.isDialling;
    if (code !== 'unavailable' && !isByUs) {
      this.#handleOver({ code, message });
    }
  }

  #handleOver({ code, message }: { code: string; message: string }): void {
    this.#end();
    this.emit('disconnected', { reason: message, code });
  }

  #handleConnectionLost(connectionId: string): void {
    const error = new RizomaError('link_down', 'the media connection was lost');
    this.#forKept((kept) => {
      if (kept.connectionId === connectionId) {
        kept.handleBroken(error);
      }
    });
  }

  #publicationOf(streamId: string): Publication | undefined {
    return [...this.#publications.values()].find((kept) => kept.streamId === streamId);
  }

  #giveUp(stream: RemoteStream | LocalStream, error: RizomaError): void {
    if (stream instanceof RemoteStream) {
      this.#subscriptions.delete(stream);
      stream.handleMedia(undefined);
    } else {
      this.#publications.delete(stream);
    }
    this.emit('stream-failed', { stream, error });
  }

  #forKept(run: (kept: Publication | Subscription) => void): void {
    for (const kept of [...this.#publications.values(), ...this.#subscriptions.values()]) {
      run(kept);
    }
  }

  #end(): void {
    // Their promises tell the one who waits; that the controller cannot be told is no news here.
    this.#forKept((kept) => void kept.close());
    this.#publications.clear();
    this.#subscriptions.clear();
    this.#failover.stop();
    this.#endOld();
    this.#session.close();
    this.#over.resolve();
  }
}
