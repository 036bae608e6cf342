import { RtcpReceiverInfo } from 'werift';
import type { RtcpSrPacket, RtpPacket } from 'werift';

/** What a receiver reports of one RTP stream (RFC 3550, sections 6.4 and A.3). */
export class Reception {
  readonly ssrc: number;
  packets = 0;
  #first: number | undefined;
  /** With the number of times that it wrapped around in the upper bits. */
  #highest = 0;
  #before = { expected: 0, packets: 0 };
  #lastReport: { at_ms: number; middleOfNtp: number } | undefined;

  constructor(ssrc: number) {
    this.ssrc = ssrc;
  }

  /** How many packets before this one are missing; undefined where it comes late, or again. */
  add({ header: { sequenceNumber } }: RtpPacket): number | undefined {
    this.packets += 1;
    if (this.#first === undefined) {
      this.#first = sequenceNumber;
      this.#highest = sequenceNumber;
      return 0;
    }
    const ahead = (sequenceNumber - this.#highest) & 0xffff;
    if (ahead === 0 || ahead >= 0x8000) {
      return undefined;
    }
    this.#highest += ahead;
    return ahead - 1;
  }

  onSenderReport({ senderInfo }: RtcpSrPacket): void {
    const middleOfNtp = Number((senderInfo.ntpTimestamp >> 16n) & 0xffff_ffffn);
    this.#lastReport = { at_ms: performance.now(), middleOfNtp };
  }

  report(): RtcpReceiverInfo {
    const expected = this.#first === undefined ? 0 : this.#highest - this.#first + 1;
    const expectedNow = expected - this.#before.expected;
    const lostNow = Math.max(0, expectedNow - (this.packets - this.#before.packets));
    this.#before = { expected, packets: this.packets };
    const last = this.#lastReport;
    return new RtcpReceiverInfo({
      ssrc: this.ssrc,
      fractionLost:
        expectedNow === 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      packetsLost: Math.max(0, expected - this.packets),
      highestSequence: this.#highest,
      jitter: 0,
      lsr: last?.middleOfNtp ?? 0,
      dlsr: last === undefined ? 0 : Math.round((performance.now() - last.at_ms) * 65.536),
    });
  }
}
