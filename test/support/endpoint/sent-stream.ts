import { RtcpSenderInfo, RtcpSrPacket, RtpHeader } from 'werift';
import type { RtcpPacket } from 'werift';
import type { Endpoint } from './endpoint.ts';

/** Packets that are kept to be sent again, below the disorder that werift's SRTP allows for (100). */
const kept_packets = 64;

/** Seconds from the epoch of NTP to that of Unix. */
const ntpEpoch_s = 2_208_988_800;

export interface Extension {
  readonly id: number;
  readonly payload: Buffer;
}

export interface SentStreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clock_Hz: number;
  readonly extensions: readonly Extension[];
}

interface SentPacket {
  readonly header: RtpHeader;
  readonly payload: Buffer;
}

/** One RTP stream that goes out, with its sender reports and what is sent again (RFC 3550, RFC 4585). */
export class SentStream {
  readonly ssrc: number;
  readonly #endpoint: Endpoint;
  readonly #options: SentStreamOptions;
  readonly #kept = new Map<number, SentPacket>();
  // The upper bits are free, so that neither wraps around during a test.
  #sequence = Math.floor(Math.random() * 2 ** 14);
  readonly #firstTimestamp = Math.floor(Math.random() * 2 ** 30);
  #packets = 0;
  /** Of payload, as senders report it. */
  bytes = 0;

  constructor(components: { endpoint: Endpoint }, options: SentStreamOptions) {
    this.#endpoint = components.endpoint;
    this.#options = options;
    this.ssrc = options.ssrc;
  }

  /** The RTP timestamp of a time since the stream's beginning. */
  timestampOf(media_ms: number): number {
    return this.#firstTimestamp + Math.round((media_ms * this.#options.clock_Hz) / 1_000);
  }

  send(payload: Buffer, { timestamp, marker, extensions = [] }: SendOptions): void {
    const { ssrc, payloadType } = this.#options;
    const header = new RtpHeader({
      ssrc,
      payloadType,
      timestamp,
      marker,
      sequenceNumber: this.#sequence,
      extensions: [...this.#options.extensions, ...extensions],
    });
    this.#kept.set(this.#sequence, { header, payload });
    this.#kept.delete((this.#sequence - kept_packets) & 0xffff);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets += 1;
    this.bytes += payload.length;
    // A transport that is gone takes nothing more, and its test sees it by what does not come.
    this.#endpoint.send(header, payload).catch(() => undefined);
  }

  /** Answers a NACK (RFC 4585, section 6.2.1). */
  resend(lost: readonly number[]): void {
    for (const sequence of lost) {
      const packet = this.#kept.get(sequence);
      if (packet !== undefined) {
        this.#endpoint.send(packet.header, packet.payload).catch(() => undefined);
      }
    }
  }

  /** Which time of the stream it is now (RFC 3550, section 6.4.1); nothing before its first packet. */
  report(media_ms: number): RtcpPacket[] {
    if (this.#packets === 0) {
      return [];
    }
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: ntpOf(Date.now()),
      rtpTimestamp: this.timestampOf(media_ms),
      packetCount: this.#packets,
      octetCount: this.bytes,
    });
    return [new RtcpSrPacket({ ssrc: this.ssrc, senderInfo, reports: [] })];
  }
}

export interface SendOptions {
  timestamp: number;
  marker: boolean;
  extensions?: readonly Extension[];
}

/** 32 bits of seconds and 32 of their fraction. */
function ntpOf(unix_ms: number): bigint {
  const seconds = Math.floor(unix_ms / 1_000);
  const fraction = Math.floor(((unix_ms % 1_000) / 1_000) * 2 ** 32);
  return (BigInt(seconds + ntpEpoch_s) << 32n) | BigInt(fraction);
}
