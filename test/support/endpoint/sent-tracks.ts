import type { RtcpPacket } from 'werift';
import { opusPackets, picturesOf } from './clips.ts';
import type { PictureClip } from './clips.ts';
import type { Extension, SentStream } from './sent-stream.ts';
import type { Seen } from './seen.ts';
import { packetize } from './vp8.ts';

const frameRate = 15;
const frame_ms = 1_000 / frameRate;
const audio_ms = 20;

/** More than so much is not made up for where a busy machine held up the timer: a camera drops it too. */
const late_ms = 500;

/** A voice of -25 dBov (RFC 6464). */
const level = Buffer.from([0x80 | 25]);

/** A track that goes out: it is asked at short intervals to send what is due. */
export interface SentTrack {
  readonly streams: readonly SentStream[];
  /** Sends what is due at that time. */
  send(media_ms: number): void;
  /** The other side cannot decode the stream of that SSRC. */
  onKeyFrameRequest(ssrc: number): void;
}

export function reportsOf(track: SentTrack, media_ms: number): RtcpPacket[] {
  return track.streams.flatMap((stream) => stream.report(media_ms));
}

/** Counts what is due at a steady rate, from the first time it is asked. */
class Cadence {
  readonly #period_ms: number;
  #next: number | undefined;

  constructor(period_ms: number) {
    this.#period_ms = period_ms;
  }

  /** The numbers of those that are due and were not counted before. */
  *due(media_ms: number): Generator<number> {
    const last = Math.floor(media_ms / this.#period_ms);
    const oldest = last - Math.floor(late_ms / this.#period_ms);
    for (let next = Math.max(this.#next ?? last, oldest); next <= last; next += 1) {
      this.#next = next + 1;
      yield next;
    }
  }
}

/** A tone. */
export class SentAudio implements SentTrack {
  readonly streams: readonly [SentStream];
  readonly #cadence = new Cadence(audio_ms);
  readonly #extensions: readonly Extension[];

  /** `levelId` is the id of the header extension with the audio level, where that was negotiated. */
  constructor(components: { stream: SentStream }, options: { levelId: number | undefined }) {
    this.streams = [components.stream];
    const { levelId } = options;
    this.#extensions = levelId === undefined ? [] : [{ id: levelId, payload: level }];
  }

  send(media_ms: number): void {
    const [stream] = this.streams;
    const packets = opusPackets();
    for (const index of this.#cadence.due(media_ms)) {
      const payload = packets[index % packets.length];
      if (payload !== undefined) {
        const timestamp = stream.timestampOf(index * audio_ms);
        stream.send(payload, { timestamp, marker: false, extensions: this.#extensions });
      }
    }
  }

  onKeyFrameRequest(): void {
    // Each packet of Opus stands for itself.
  }
}

export interface SentLayer {
  readonly rid: string;
  readonly stream: SentStream;
  readonly width: 320 | 640;
}

interface LayerState extends SentLayer {
  readonly clip: PictureClip;
  isActive: boolean;
  needsKey: boolean;
  pictureId: number;
}

/** Pictures in one layer or in several; a key frame comes first, and then when one is asked for. */
export class SentVideo implements SentTrack {
  readonly #layers: readonly LayerState[];
  readonly #cadence = new Cadence(frame_ms);
  readonly #onFrame: (seen: Seen) => void;
  frames = 0;

  constructor(layers: readonly SentLayer[], options: { onFrame: (seen: Seen) => void }) {
    this.#layers = layers.map((layer) => ({
      ...layer,
      clip: picturesOf(layer.width),
      isActive: true,
      needsKey: true,
      pictureId: Math.floor(Math.random() * 2 ** 15),
    }));
    this.#onFrame = options.onFrame;
  }

  get streams(): readonly SentStream[] {
    return this.#layers.map(({ stream }) => stream);
  }

  /** Bytes sent so far, by the rid of the layer. */
  get bytes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#layers.map(({ rid, stream }) => [rid, stream.bytes]));
  }

  /** Sends the layers up to this one, or none of them. */
  sendUpTo(spatial: number | null): void {
    for (const [index, layer] of this.#layers.entries()) {
      const isActive = spatial !== null && index <= spatial;
      layer.needsKey ||= isActive && !layer.isActive;
      layer.isActive = isActive;
    }
  }

  send(media_ms: number): void {
    for (const index of this.#cadence.due(media_ms)) {
      for (const layer of this.#layers.filter(({ isActive }) => isActive)) {
        this.#sendFrame(layer, index);
      }
    }
  }

  onKeyFrameRequest(ssrc: number): void {
    for (const layer of this.#layers.filter(({ stream }) => stream.ssrc === ssrc)) {
      layer.needsKey = true;
    }
  }

  #sendFrame(layer: LayerState, index: number): void {
    const { stream, clip, needsKey: isKey } = layer;
    const frame = isKey ? clip.key : (clip.deltas[index % clip.deltas.length] ?? clip.key);
    const timestamp = stream.timestampOf(index * frame_ms);
    const payloads = packetize(frame, layer.pictureId);
    layer.needsKey = false;
    layer.pictureId = (layer.pictureId + 1) & 0x7fff;
    this.frames += 1;
    this.#onFrame({ way: 'sent', trackId: '', ssrc: stream.ssrc, rtp: timestamp, isKey });
    for (const [at, payload] of payloads.entries()) {
      stream.send(payload, { timestamp, marker: at === payloads.length - 1 });
    }
  }
}
