import type { BandwidthAlert } from '../../protocol/adaptation.ts';
import type { BandwidthAlertMessage, PublicStream } from '../../protocol/contracts/client.ts';
import { Emitter } from './emitter.ts';

/** How a stream is to be played; what is not said is left open. */
export interface Playback {
  /** The best layers of simulcast or SVC, spatial and temporal, 0 being the lowest. */
  readonly maxSpatial?: number;
  readonly maxTemporal?: number;
  /** Its video comes, however few are wanted (`Room.setLastN`). */
  readonly pinned?: boolean;
}

/** What of a stream may change while it is in the room. */
export type StreamChange = (typeof changeable)[number];

export interface RemoteStreamEvents {
  /** Its publisher, or where it comes from, made it another one: these are not what they were. */
  changed: { changes: readonly StreamChange[] };
  /** It is to be played otherwise from now on. */
  playback: Playback;
  /** Its media is there, for the first time or anew after a failure. */
  media: MediaStream;
  /**
   * Of its video comes less than its publisher wants (`insufficient`), and so its sound alone or slides, or enough again
   * (`recovered`). What there is of bandwidth for it is a mean; 0 where no more is tried.
   */
  'bandwidth-alert': { alert: BandwidthAlert; bandwidth_bps: number };
  /** It left the room. */
  ended: object;
}

const changeable = ['attributes', 'region', 'label', 'audio', 'video'] as const;

/** Both came as JSON. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** A stream that somebody else publishes in the room. */
export class RemoteStream extends Emitter<RemoteStreamEvents> {
  readonly id: string;
  #said: PublicStream;
  #media: MediaStream | undefined;
  #playback: Playback = {};

  constructor(stream: PublicStream) {
    super();
    this.id = stream.id;
    this.#said = stream;
  }

  /** Where it is published, if the controller knows. */
  get region(): string | undefined {
    return this.#said.region;
  }

  get label(): string {
    return this.#said.label;
  }

  get audio(): boolean {
    return this.#said.audio;
  }

  get video(): boolean {
    return this.#said.video;
  }

  /** What its publisher says of it; the event `changed` tells of others. */
  get attributes(): Readonly<Record<string, unknown>> {
    return this.#said.attributes;
  }

  /**
   * What it plays, while it is subscribed to. A video that comes another way between regions has another track in it then, and
   * both for a moment: an element that shows the MediaStream goes on, who takes a track of it listens for `addtrack`.
   */
  get media(): MediaStream | undefined {
    return this.#media;
  }

  get playback(): Playback {
    return this.#playback;
  }

  /** Takes the place of what was said before, also for when it is subscribed to later or anew. */
  setPlayback(playback: Playback): void {
    this.#playback = playback;
    this.emit('playback', playback);
  }

  /** The kinds of track that it has. */
  get kinds(): readonly ('audio' | 'video')[] {
    return [...(this.audio ? ['audio' as const] : []), ...(this.video ? ['video' as const] : [])];
  }

  handleChanged(said: PublicStream): void {
    const before = this.#said;
    this.#said = said;
    const changes = changeable.filter((name) => !isSame(before[name], said[name]));
    if (changes.length > 0) {
      this.emit('changed', { changes });
    }
  }

  handleMedia(media: MediaStream | undefined): void {
    this.#media = media;
    if (media !== undefined) {
      this.emit('media', media);
    }
  }

  handleBandwidth({ message: alert, bandwidth: bandwidth_bps }: BandwidthAlertMessage): void {
    this.emit('bandwidth-alert', { alert, bandwidth_bps });
  }

  handleEnded(): void {
    this.#media = undefined;
    this.emit('ended', {});
  }
}

export interface LocalStreamEvents {
  /** The room has it, for the first time or, maybe under another id, after a failure. */
  live: { id: string };
}

/** A stream that this client publishes. */
export class LocalStream extends Emitter<LocalStreamEvents> {
  readonly media: MediaStream;
  readonly attributes: Readonly<Record<string, unknown>>;
  #id: string | undefined;

  constructor(media: MediaStream, attributes: Readonly<Record<string, unknown>>) {
    super();
    this.media = media;
    this.attributes = attributes;
  }

  /** Its id in the room; another one after it had to be published again, unless its process was lost. */
  get id(): string | undefined {
    return this.#id;
  }

  handleId(id: string): void {
    this.#id = id;
  }

  handleLive(): void {
    if (this.#id !== undefined) {
      this.emit('live', { id: this.#id });
    }
  }
}
