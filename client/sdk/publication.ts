import type { Clock } from '../../protocol/clock.ts';
import type { Adaptation } from '../../protocol/adaptation.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { Connections } from './connections.ts';
import { Keeper } from './keeper.ts';
import type { LayerCount } from './encodings.ts';
import type { PublishPeer } from './publish-peer.ts';
import type { ConnectionRef, Signalling } from './signalling.ts';
import type { StreamStats } from './stats.ts';
import { summarize } from './stats.ts';
import { LocalStream } from './streams.ts';

export interface MediaComponents {
  readonly clock: Clock;
  readonly signalling: Signalling;
  readonly connections: Connections;
  readonly newStream: (tracks: MediaStreamTrack[]) => MediaStream;
}

/** How a stream is published. */
export interface PublishOptions {
  attributes?: Record<string, unknown>;
  /** Of simulcast. */
  layers?: LayerCount;
  /** What each subscriber is to get of the video in kbit/s, and what is done, beside telling it, where that cannot be. */
  adaptation?: Adaptation;
}

export interface PublicationOptions {
  media: MediaStream;
  attributes: Record<string, unknown>;
  /** Of simulcast. */
  layers: LayerCount;
  adaptation: Adaptation | undefined;
  /** The room gave it an id: that of the try before, or another one. */
  onId: (streamId: string) => void;
  onGivenUp: (error: RizomaError) => void;
  onReleased: () => void;
  /** One that no stream of this client has had. */
  nextNumber: () => number;
}

/** What the server holds of the stream, from its answer to `publish` on. */
interface Held {
  readonly streamId: string;
  readonly connectionId: string;
  readonly peer: PublishPeer;
  readonly sent: MediaStream;
}

/** A stream of ours in the room, published again by itself when it fails. */
export class Publication {
  readonly stream: LocalStream;
  #components: MediaComponents;
  readonly #keeper: Keeper;
  readonly #options: PublicationOptions;
  readonly #first = Promise.withResolvers<void>();
  #held: Held | undefined;
  #number: number | undefined;
  /** It is on its way to another controller, where it has the id that it had. */
  #moving = false;
  /** What was there of it went with its process: it comes again as the stream that it was. */
  #returns = false;
  #withdrawn: Promise<void> = Promise.resolve();

  private constructor(components: MediaComponents, options: PublicationOptions) {
    this.#components = components;
    this.#options = options;
    this.stream = new LocalStream(options.media, options.attributes);
    this.#keeper = new Keeper(components, {
      attempt: (signal) => this.#attempt(signal),
      onReleased: options.onReleased,
      linger_ms: defaults.linger_ms,
      onLive: () => {
        this.#moving = false;
        this.#returns = false;
        this.#first.resolve();
        this.stream.handleLive();
      },
      onGivenUp: (error) => {
        this.#first.reject(error);
        options.onGivenUp(error);
      },
    });
  }

  static create(components: MediaComponents, options: PublicationOptions): Publication {
    const publication = new Publication(components, options);
    publication.#keeper.start();
    return publication;
  }

  /** Settles once: with the first success, or when the stream is given up or closed before. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  get streamId(): string | undefined {
    return this.#held?.streamId;
  }

  get connectionId(): string | undefined {
    return this.#held?.connectionId;
  }

  /** With `unavailable` its process is lost: whoever records it waits for it under its id. */
  handleBroken(error: RizomaError): void {
    this.#returns = error.code === 'unavailable';
    this.#keeper.handleBroken(error);
  }

  /** Up to which layer of its video somebody plays; null where nobody does. */
  handleLayers(spatial: number | null): void {
    this.#held?.peer.sendUpTo(this.#held.sent, spatial);
  }

  get keepsOld(): boolean {
    return this.#keeper.keepsOld;
  }

  /** All goes to another controller from now on; what there is stays until it is there. */
  handleMoved(components: MediaComponents): void {
    this.#components = components;
    this.#moving = true;
    this.#keeper.handleMoved();
  }

  handleRoom(up: boolean): void {
    this.#keeper.handleRoom(up);
  }

  async stats(): Promise<StreamStats | undefined> {
    if (this.#held === undefined) {
      return undefined;
    }
    const { streamId, peer, sent } = this.#held;
    return summarize(streamId, 'out', await peer.stats(sent));
  }

  /** Ends when the controller knows. */
  close(): Promise<void> {
    this.#keeper.close();
    this.#first.reject(new RizomaError('cancelled', 'the stream was unpublished'));
    return this.#withdrawn;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { signalling, connections, newStream } = this.#components;
    const tracks = this.stream.media.getTracks();
    // Each try has a MediaStream of its own: the server may still hold the label of the last.
    const sent = newStream(tracks);
    const ref = await this.#publish(signalling, sent);
    const { streamId, connectionId } = ref;
    this.#options.onId(streamId);
    if (signal.aborted) {
      this.#withdraw(signalling, streamId);
      return;
    }
    const peer = connections.publishing(ref);
    const held = { streamId, connectionId, peer, sent };
    this.#held = held;
    this.stream.handleId(streamId);
    signal.addEventListener('abort', () => {
      this.#held = this.#held === held ? undefined : this.#held;
      peer.remove(sent);
      connections.release(connectionId);
      this.#withdraw(signalling, streamId);
    });
    await peer.add(sent, this.#options.layers);
  }

  async #publish(
    signalling: Signalling,
    sent: MediaStream,
  ): Promise<ConnectionRef & { streamId: string }> {
    if (this.#number === undefined || !(this.#moving || this.#returns)) {
      this.#number = this.#options.nextNumber();
    }
    const tracks = sent.getTracks();
    try {
      return await signalling.publish({
        audio: tracks.some((track) => track.kind === 'audio'),
        video: tracks.some((track) => track.kind === 'video'),
        label: sent.id,
        attributes: this.stream.attributes,
        adaptation: this.#options.adaptation,
        number: this.#number,
      });
    } catch (thrown) {
      // Something of the stream before is still there under the id.
      this.#returns &&= toRizomaError(thrown).code !== 'conflict';
      throw thrown;
    }
  }

  /** The controller may have dropped the stream already, or we the room: either is as good. */
  #withdraw(signalling: Signalling, streamId: string): void {
    this.#withdrawn = signalling.unpublish(streamId).catch(() => undefined);
  }
}
