import { RizomaError } from '../../protocol/errors.ts';
import { Keeper } from './keeper.ts';
import type { MediaComponents } from './publication.ts';
import type { Signalling } from './signalling.ts';
import type { StreamStats } from './stats.ts';
import { summarize } from './stats.ts';
import type { RemoteStream } from './streams.ts';
import type { SubscribePeer } from './subscribe-peer.ts';

export interface SubscriptionOptions {
  stream: RemoteStream;
  onGivenUp: (error: RizomaError) => void;
  onReleased: () => void;
}

interface Held {
  readonly connectionId: string;
  readonly peer: SubscribePeer;
}

/** A stream of somebody else that we play, subscribed to again by itself when it fails. */
export class Subscription {
  readonly stream: RemoteStream;
  #components: MediaComponents;
  readonly #keeper: Keeper;
  readonly #first = Promise.withResolvers<MediaStream>();
  #held: Held | undefined;
  #withdrawn: Promise<void> = Promise.resolve();
  #streamEnded = false;
  readonly #stopListening: () => void;

  private constructor(components: MediaComponents, options: SubscriptionOptions) {
    this.#components = components;
    this.stream = options.stream;
    this.#stopListening = this.stream.on('playback', () => this.#configure());
    this.#keeper = new Keeper(components, {
      attempt: (signal) => this.#attempt(signal),
      onLive: () => undefined,
      onReleased: options.onReleased,
      linger_ms: 0,
      onGivenUp: (error) => {
        this.#first.reject(error);
        options.onGivenUp(error);
      },
    });
  }

  static create(components: MediaComponents, options: SubscriptionOptions): Subscription {
    const subscription = new Subscription(components, options);
    subscription.#keeper.start();
    return subscription;
  }

  /** The first media of the stream; rejected where it is given up or ended before. */
  get first(): Promise<MediaStream> {
    return this.#first.promise;
  }

  get connectionId(): string | undefined {
    return this.#held?.connectionId;
  }

  handleBroken(error: RizomaError): void {
    this.#keeper.handleBroken(error);
  }

  /** Its publisher is at another process, to which another way leads. */
  handleStreamMoved(): void {
    this.#keeper.handleAgain();
  }

  get keepsOld(): boolean {
    return this.#keeper.keepsOld;
  }

  /** All goes to another controller from now on; what plays goes on until that of the new one does. */
  handleMoved(components: MediaComponents): void {
    this.#components = components;
    this.#keeper.handleMoved();
  }

  handleRoom(up: boolean): void {
    this.#keeper.handleRoom(up);
  }

  /** The stream left the room: there is nothing to unsubscribe from. */
  handleStreamEnded(): void {
    this.#streamEnded = true;
    this.#end(new RizomaError('not_found', 'the stream left the room'));
  }

  async stats(): Promise<StreamStats | undefined> {
    const { media } = this.stream;
    if (this.#held === undefined || media === undefined) {
      return undefined;
    }
    return summarize(this.stream.id, 'in', await this.#held.peer.stats(media));
  }

  /** Ends when the controller knows. */
  close(): Promise<void> {
    this.#end(new RizomaError('cancelled', 'the stream was unsubscribed from'));
    return this.#withdrawn;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(error: RizomaError): void {
    this.#stopListening();
    this.#keeper.close();
    this.#first.reject(error);
    this.stream.handleMedia(undefined);
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { id, audio, video } = this.stream;
    const { signalling, connections } = this.#components;
    const ref = await signalling.subscribe({ streamId: id, audio, video });
    if (signal.aborted) {
      this.#withdraw(signalling);
      return;
    }
    const { connectionId } = ref;
    const peer = connections.subscribing(ref);
    const held = { connectionId, peer };
    this.#held = held;
    if (Object.keys(this.stream.playback).length > 0) {
      this.#configure();
    }
    signal.addEventListener('abort', () => {
      this.#held = this.#held === held ? undefined : this.#held;
      peer.drop(id);
      connections.release(connectionId);
      this.#withdraw(signalling);
    });
    const media = await peer.take(this.stream);
    if (this.keepsOld) {
      await peer.flows(media);
    }
    if (!signal.aborted) {
      this.stream.handleMedia(media);
      this.#first.resolve(media);
    }
  }

  /** Where it is subscribed to. A controller that cannot be told has lost the subscription too. */
  #configure(): void {
    if (this.#held !== undefined) {
      const { id, playback } = this.stream;
      this.#components.signalling.configure(id, playback).catch(() => undefined);
    }
  }

  /** The controller may have ended it already, or we the room: either is as good. */
  #withdraw(signalling: Signalling): void {
    if (!this.#streamEnded) {
      this.#withdrawn = signalling.unsubscribe(this.stream.id).catch(() => undefined);
    }
  }
}
