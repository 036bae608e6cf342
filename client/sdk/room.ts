import type { Clock } from '../../protocol/clock.ts';
import type { Connected, PublicStream } from '../../protocol/contracts/client.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Channel } from './channel.ts';
import { Connections } from './connections.ts';
import { defaults } from './defaults.ts';
import { Emitter } from './emitter.ts';
import type { MediaComponents } from './publication.ts';
import { Publication } from './publication.ts';
import type { ServerMessage } from './server-message.ts';
import { parseServerMessage } from './server-message.ts';
import { reportedError, Signalling } from './signalling.ts';
import type { StreamStats } from './stats.ts';
import type { LocalStream } from './streams.ts';
import { RemoteStream } from './streams.ts';
import { Subscription } from './subscription.ts';

export interface RoomEvents {
  'stream-added': RemoteStream;
  'stream-removed': RemoteStream;
  /** It was tried again in vain, and is given up. */
  'stream-failed': { stream: RemoteStream | LocalStream; error: RizomaError };
  /** Another stream, maybe one of ours, is the one that speaks; told to those who joined for it. */
  'active-speaker': { streamId: string };
  /** How loud the loudest streams are, in dBov (0 is the loudest); at most twice a second. */
  'audio-levels': { levels: readonly { streamId: string; level_dBov: number }[] };
  reconnecting: { reason: string };
  reconnected: object;
  /** The room is over for us; not emitted for `leave()`. */
  disconnected: { reason: string; code: string };
}

export interface RoomComponents {
  readonly clock: Clock;
  readonly channel: Channel;
  readonly newConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly newStream: (tracks: MediaStreamTrack[]) => MediaStream;
}

export interface RoomOptions {
  connected: Connected;
  /** `host:port` and region of the controller that took us. */
  controller: { host: string; region: string };
  /** Upper bound of each video track that we publish, in bits/s. */
  maxVideoBitrate_bps?: number;
}

/** A room that this client is in. */
export class Room extends Emitter<RoomEvents> {
  readonly id: string;
  readonly clientId: string;
  /** Where we are served from. */
  readonly region: string;
  /** `host:port` of our controller. */
  readonly controller: string;
  readonly #channel: Channel;
  readonly #media: MediaComponents;
  readonly #streams = new Map<string, RemoteStream>();
  readonly #publications = new Map<LocalStream, Publication>();
  readonly #subscriptions = new Map<RemoteStream, Subscription>();
  /** Ids of our own streams, which the room announces to us too. */
  readonly #own = new Set<string>();

  private constructor(components: RoomComponents, options: RoomOptions) {
    super();
    const { connected, controller } = options;
    this.id = connected.id;
    this.clientId = connected.clientId;
    this.region = connected.region ?? controller.region;
    this.controller = controller.host;
    this.#channel = components.channel;
    const signalling = new Signalling({ caller: components.channel });
    const newConnection = () =>
      components.newConnection({ bundlePolicy: 'max-bundle', iceServers: connected.iceServers });
    const connections = new Connections(
      { clock: components.clock, signalling, newConnection },
      {
        maxVideoBitrate_bps: options.maxVideoBitrate_bps ?? defaults.maxVideoBitrate_bps,
        onFailed: (connectionId) => this.#handleConnectionLost(connectionId),
      },
    );
    const { clock, newStream } = components;
    this.#media = { clock, signalling, connections, newStream };
    for (const stream of connected.streams) {
      this.#streams.set(stream.id, new RemoteStream(stream));
    }
  }

  static create(components: RoomComponents, options: RoomOptions): Room {
    const room = new Room(components, options);
    const { channel } = components;
    channel.on('message', ({ event, message }) => {
      const known = parseServerMessage(event, message);
      if (known !== undefined) {
        room.#handle(known);
      }
    });
    channel.on('reconnecting', (event) => {
      room.#forKept((kept) => kept.handleRoom(false));
      room.emit('reconnecting', event);
    });
    channel.on('reconnected', (event) => {
      room.#forKept((kept) => kept.handleRoom(true));
      room.emit('reconnected', event);
    });
    channel.on('closed', ({ reason }) => room.#handleOver({ code: 'link_down', message: reason }));
    return room;
  }

  /** The streams of the others, by id. */
  get streams(): ReadonlyMap<string, RemoteStream> {
    return this.#streams;
  }

  /** What this client publishes. */
  get localStreams(): readonly LocalStream[] {
    return [...this.#publications.keys()];
  }

  /**
   * Publishes the tracks that the media has now. Throws a `RizomaError`: `forbidden`,
   * `sdp_no_codec`, or what kept it from working at the last try.
   */
  async publish(
    media: MediaStream,
    options: { attributes?: Record<string, unknown> } = {},
  ): Promise<LocalStream> {
    if (media.getTracks().length === 0) {
      throw new RizomaError('bad_request', 'there is no track to publish');
    }
    const publication = Publication.create(this.#media, {
      media,
      attributes: options.attributes ?? {},
      onId: (streamId) => this.#own.add(streamId),
      onGivenUp: (error) => this.#giveUp(publication.stream, error),
    });
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
      Subscription.create(this.#media, {
        stream,
        onGivenUp: (error) => this.#giveUp(stream, error),
      });
    this.#subscriptions.set(stream, subscription);
    return subscription.first;
  }

  async unsubscribe(stream: RemoteStream): Promise<void> {
    const subscription = this.#subscriptions.get(stream);
    this.#subscriptions.delete(stream);
    await subscription?.close();
  }

  /** What each stream sent or received so far; of those that have media. */
  async stats(): Promise<StreamStats[]> {
    const all: Promise<StreamStats | undefined>[] = [];
    this.#forKept((kept) => all.push(kept.stats()));
    return (await Promise.all(all)).filter((stats) => stats !== undefined);
  }

  /** Ends all of it; the controller knows at once. */
  leave(): void {
    this.#channel.close();
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  #handle(message: ServerMessage): void {
    switch (message.event) {
      case 'onAddStream':
        return this.#handleAdded(message.payload);
      case 'onRemoveStream':
        return this.#handleRemoved(message.payload.id);
      case 'connected':
        return this.#handleDirectory(message.payload.streams);
      case 'connection_message_erizo':
        return this.#media.connections.handleMessage(message.payload);
      case 'room_ended':
        return this.#handleOver(message.payload);
      case 'onActiveSpeaker':
        return this.emit('active-speaker', { streamId: message.payload.id });
      case 'onAudioLevels': {
        const levels = message.payload.levels.map(({ id, level_dBov }) => {
          return { streamId: id, level_dBov };
        });
        return this.emit('audio-levels', { levels });
      }
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
    this.#own.delete(streamId);
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
  #handleDirectory(streams: readonly PublicStream[]): void {
    const present = new Set(streams.map((stream) => stream.id));
    for (const streamId of [...this.#streams.keys()]) {
      if (!present.has(streamId)) {
        this.#handleRemoved(streamId);
      }
    }
    for (const stream of streams) {
      this.#handleAdded(stream);
    }
  }

  #handleFailed(type: 'publish' | 'subscribe', streamId: string, error: RizomaError): void {
    if (type === 'publish') {
      this.#publicationOf(streamId)?.handleBroken(error);
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) {
      this.#subscriptions.get(stream)?.handleBroken(error);
    }
  }

  #handleOver({ code, message }: { code: string; message: string }): void {
    this.#channel.close();
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
    this.#media.connections.close();
  }
}
