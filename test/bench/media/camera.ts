import { RtpHeader } from 'werift';
import type { Endpoint } from '../../support/endpoint/endpoint.ts';
import type { Sent } from './side.ts';

/** 30 frames/s of two packets each: half a megabit of video, as a camera of 360 lines sends. */
const frame_ms = 1000 / 30;
const packetsPerFrame = 2;
const videoPacket_bytes = 1_100;
const framesPerKeyFrame = 60;
/** 50 packets/s of 32 kbit/s. */
const audio_ms = 20;
const audioPacket_bytes = 80;

/**
 * Sends what a camera and a microphone would, as far as whoever forwards it can tell: the headers of RTP,
 * the payload descriptor of VP8 (RFC 7741, section 4.2), key frames; the rest is noise.
 */
export class Camera {
  readonly #endpoint: Endpoint;
  readonly #sent: Sent;
  readonly #noise = crypto.getRandomValues(Buffer.alloc(videoPacket_bytes));
  #timer: NodeJS.Timeout | undefined;
  #audio = { sequence: 0, timestamp: 0 };
  #video = { sequence: 0, timestamp: 0, frames: 0 };

  constructor(components: { endpoint: Endpoint }, sent: Sent) {
    this.#endpoint = components.endpoint;
    this.#sent = sent;
  }

  /** Sends at its pace until it is stopped; what a late timer missed is made up for. */
  start(): void {
    const began_ms = performance.now();
    let [audios, frames] = [0, 0];
    this.#timer = setInterval(() => {
      const passed_ms = performance.now() - began_ms;
      for (; audios < passed_ms / audio_ms; audios += 1) {
        this.#sendAudio();
      }
      for (; frames < passed_ms / frame_ms; frames += 1) {
        this.#sendFrame();
      }
    }, 10);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sendAudio(): void {
    const { sequence: sequenceNumber, timestamp } = this.#audio;
    this.#audio = { sequence: (sequenceNumber + 1) % 65_536, timestamp: (timestamp + 960) >>> 0 };
    this.#send({ ...this.#sent.audio, sequenceNumber, timestamp }, audioPacket_bytes);
  }

  #sendFrame(): void {
    const { frames, timestamp } = this.#video;
    const isKeyFrame = frames % framesPerKeyFrame === 0;
    for (let packet = 0; packet < packetsPerFrame; packet += 1) {
      const { sequence: sequenceNumber } = this.#video;
      this.#video.sequence = (sequenceNumber + 1) % 65_536;
      const isFirst = packet === 0;
      // S begins a partition; of the first byte of a frame's header the lowest bit says that it is no key frame.
      this.#noise[0] = isFirst ? 0x10 : 0x00;
      this.#noise[1] = isFirst && isKeyFrame ? 0x10 : 0x11;
      const marker = packet === packetsPerFrame - 1;
      const header = { ...this.#sent.video, sequenceNumber, timestamp, marker };
      this.#send(header, videoPacket_bytes);
    }
    this.#video.frames = frames + 1;
    this.#video.timestamp = (timestamp + 3_000) >>> 0;
  }

  #send(header: ConstructorParameters<typeof RtpHeader>[0], size_bytes: number): void {
    // A transport that is gone takes nothing more, and the bench sees it by what does not come.
    this.#endpoint
      .send(new RtpHeader(header), Buffer.from(this.#noise.subarray(0, size_bytes)))
      .catch(() => undefined);
  }
}
