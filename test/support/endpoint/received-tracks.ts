import type { RtpPacket } from 'werift';
import { Reception } from './reception.ts';
import type { Seen } from './seen.ts';
import type { Vp8Payload } from './vp8.ts';
import { isKeyFrame, pictureSize, readPayload } from './vp8.ts';

/** For the answer to a request for a key frame, before it is made again. */
const keyFramePatience_ms = 500;

export interface ReceivedTrackOptions {
  readonly trackId: string;
  readonly ssrc: number;
  readonly onFrame: (seen: Seen) => void;
  readonly requestKeyFrame: () => void;
}

/** One RTP stream of a track that comes in. */
export interface ReceivedTrack {
  readonly reception: Reception;
  readonly frames: number;
  readonly width: number;
  readonly audioPackets: number;
  onRtp(packet: RtpPacket): void;
}

export class ReceivedAudio implements ReceivedTrack {
  readonly reception: Reception;
  readonly frames = 0;
  readonly width = 0;

  constructor({ ssrc }: Pick<ReceivedTrackOptions, 'ssrc'>) {
    this.reception = new Reception(ssrc);
  }

  get audioPackets(): number {
    return this.reception.packets;
  }

  onRtp(packet: RtpPacket): void {
    this.reception.add(packet);
  }
}

/** VP8: counts the frames that a decoder could show, and asks for a key frame where it could not. */
export class ReceivedVideo implements ReceivedTrack {
  readonly reception: Reception;
  readonly audioPackets = 0;
  readonly #options: ReceivedTrackOptions;
  frames = 0;
  width = 0;
  /** The first payload of the frame that comes; undefined where its beginning is missing. */
  #frame: Vp8Payload | undefined;
  /** From a key frame on, until something is missing. */
  #isDecodable = false;
  #requested_ms = Number.NEGATIVE_INFINITY;

  constructor(options: ReceivedTrackOptions) {
    this.#options = options;
    this.reception = new Reception(options.ssrc);
  }

  onRtp(packet: RtpPacket): void {
    const missing = this.reception.add(packet);
    const payload = readPayload(packet.payload);
    if (missing === undefined || payload === undefined) {
      return;
    }
    if (missing > 0) {
      this.#frame = undefined;
      this.#isDecodable = false;
    }
    if (payload.isStart) {
      this.#frame = payload;
    }
    if (packet.header.marker) {
      this.#onFrame(packet.header.timestamp);
    }
  }

  #onFrame(rtp: number): void {
    const frame = this.#frame?.content;
    this.#frame = undefined;
    const size = frame === undefined ? undefined : pictureSize(frame);
    if (size !== undefined) {
      this.#isDecodable = true;
      this.width = size.width;
    }
    if (frame === undefined || !this.#isDecodable) {
      this.#requestKeyFrame();
      return;
    }
    this.frames += 1;
    const { trackId, ssrc } = this.#options;
    this.#options.onFrame({ way: 'received', trackId, ssrc, rtp, isKey: isKeyFrame(frame) });
  }

  #requestKeyFrame(): void {
    const now_ms = performance.now();
    if (now_ms - this.#requested_ms >= keyFramePatience_ms) {
      this.#requested_ms = now_ms;
      this.#options.requestKeyFrame();
    }
  }
}
