import type { Clock } from '../../protocol/clock.ts';
import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { Producer } from './media.ts';
import { NeedTeller } from './need-teller.ts';
import type { Source, SourceUser, Use } from './source.ts';
import { sourceEndError, Users } from './source.ts';
import { everything } from './stream-need.ts';
import { deferred } from './wait.ts';

export interface PublisherOptions {
  streamId: string;
  roomId: string;
  audio: boolean;
  video: boolean;
  /** The id of its MediaStream. */
  label: string;
  config: StreamConfig;
  /** Told up to which spatial layer its video is needed, null for none, where the client goes by it. */
  onLayers: ((spatial: number | null) => void) | undefined;
  /** The client published it in another process before, which may have told it to send less. */
  isRestored: boolean;
  /** Told once when it ends, however it does. */
  onEnd: (publisher: Publisher) => void;
}

/** A stream that a client publishes here: first awaited, then its tracks, then nothing. */
export class Publisher implements Source {
  readonly streamId: string;
  readonly roomId: string;
  readonly wan = false;
  readonly label: string;
  readonly #options: PublisherOptions;
  readonly #tracks = deferred<readonly Producer[]>();
  readonly #users = new Users(() => this.#onNeed());
  readonly #teller: NeedTeller;
  #state: 'awaited' | 'live' | 'ended' = 'awaited';
  #producers: readonly Producer[] = [];
  #muted: { audio: boolean; video: boolean };

  constructor(components: { clock: Clock }, options: PublisherOptions) {
    this.streamId = options.streamId;
    this.roomId = options.roomId;
    this.label = options.label;
    this.#options = options;
    this.#muted = options.config.muteStream ?? { audio: false, video: false };
    // A client sends all it has until it is told otherwise.
    const say = ({ video }: StreamNeed): void => options.onLayers?.(video);
    this.#teller = new NeedTeller(components, { said: everything, say });
  }

  get tracks(): Promise<readonly Producer[]> {
    return this.#tracks.promise;
  }

  get producers(): readonly Producer[] {
    return this.#producers;
  }

  get isAwaited(): boolean {
    return this.#state === 'awaited';
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Nobody needs its video, and it is not sent. */
  get isUnwatched(): boolean {
    const { onLayers } = this.#options;
    return this.#state === 'live' && onLayers !== undefined && this.#teller.said.video === null;
  }

  /** Whether it was announced with media of this kind. */
  takes(kind: string): boolean {
    return (kind === 'audio' && this.#options.audio) || (kind === 'video' && this.#options.video);
  }

  use(user: SourceUser, need: StreamNeed): Use {
    return this.#users.add(user, need);
  }

  /** Tells anew which layers are needed, to somebody who may have missed it. */
  repeatLayers(): void {
    if (this.#state === 'live') {
      this.#options.onLayers?.(this.#teller.said.video);
    }
  }

  /** Its tracks have come. */
  start(producers: readonly Producer[]): void {
    if (this.#state !== 'awaited') {
      return;
    }
    this.#state = 'live';
    this.#producers = producers;
    for (const producer of producers) {
      if (this.#muted[producer.kind]) {
        quietly(producer.pause());
      }
    }
    this.#tracks.resolve(producers);
    if (this.#options.isRestored) {
      this.repeatLayers();
    }
    this.#onNeed();
  }

  /** What is muted comes to nobody, in other regions neither: its packets end here. */
  update({ muteStream }: StreamConfig): void {
    if (muteStream === undefined) {
      return;
    }
    this.#muted = muteStream;
    for (const producer of this.#producers) {
      quietly(muteStream[producer.kind] ? producer.pause() : producer.resume());
    }
    this.#onNeed();
  }

  /** Ends it, and tells whoever waits for its tracks why they do not come. Idempotent. */
  close(why: RizomaError = sourceEndError('ended')): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    this.#teller.close();
    this.#tracks.reject(why);
    // Users first: the worker ends the consumers of a producer by itself, and knows them no more.
    this.#users.end('ended', why);
    for (const producer of this.#producers) {
      producer.close();
    }
    this.#options.onEnd(this);
  }

  /** Sound goes on, since it costs little and says who speaks; what is muted here nobody needs. */
  #onNeed(): void {
    if (this.#state === 'live' && this.#options.onLayers !== undefined) {
      const video = this.#muted.video ? null : this.#users.need.video;
      this.#teller.update({ ...everything, video });
    }
  }
}

/** A producer that has just ended cannot be told, and need not be. */
function quietly(step: Promise<void>): void {
  step.catch(() => undefined);
}
