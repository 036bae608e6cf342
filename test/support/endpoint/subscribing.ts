import {
  PictureLossIndication,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpSrPacket,
} from 'werift';
import type { RtcpPacket, RtpPacket } from 'werift';
import type { ReceivedTrack } from './received-tracks.ts';
import { ReceivedAudio, ReceivedVideo } from './received-tracks.ts';
import type { RemoteSection } from './sdp.ts';
import { receivingAnswer, receivingOffer, remoteSections } from './sdp.ts';
import type { Seen } from './seen.ts';
import type { ConnectionState } from './session-transport.ts';
import { SessionTransport } from './session-transport.ts';

const report_ms = 1_000;

/** Packets of an SSRC that no description has named so far: the one that does may be on its way. */
const early_packets = 64;

/** Of a receiver that sends nothing itself. */
const ownSsrc = 1;

interface Section {
  /** The MediaStream that its track is in. */
  label: string | undefined;
  readonly trackId: string;
}

/** A session on which the other side offers and the client receives. */
export class SubscribingConnection {
  readonly #transport: SessionTransport;
  readonly #options: SubscribingOptions;
  readonly #sections: Section[] = [];
  readonly #tracks = new Map<number, ReceivedTrack>();
  /** Of each MediaStream that there is or was: the SSRCs that its tracks came with. */
  readonly #ssrcs = new Map<string, Set<number>>();
  readonly #early = new Map<number, RtpPacket[]>();
  #lastOffer = '';
  #isOffering = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(components: { transport: SessionTransport }, options: SubscribingOptions) {
    this.#transport = components.transport;
    this.#options = options;
  }

  static async create(
    options: SubscribingOptions & { ip: string },
  ): Promise<SubscribingConnection> {
    const holder: { connection?: SubscribingConnection } = {};
    const transport = await SessionTransport.create(
      { ip: options.ip, role: 'client', onConnected: () => holder.connection?.start() },
      {
        onRtp: (packet) => holder.connection?.onRtp(packet),
        onRtcp: (packet) => holder.connection?.onRtcp(packet),
      },
    );
    holder.connection = new SubscribingConnection({ transport }, options);
    return holder.connection;
  }

  get state(): ConnectionState {
    return this.#transport.state;
  }

  get isStable(): boolean {
    return !this.#isOffering;
  }

  get sections(): number {
    return this.#sections.length;
  }

  /** How many tracks a MediaStream has now. */
  tracksIn(label: string): number {
    return this.#sections.filter((section) => section.label === label).length;
  }

  /** What came so far of the tracks that a MediaStream has, or had. */
  receivedOf(label: string): ReceivedTrack[] {
    return [...(this.#ssrcs.get(label) ?? [])].flatMap((ssrc) => this.#tracks.get(ssrc) ?? []);
  }

  answer(offer: string): string {
    this.#lastOffer = offer;
    for (const [index, section] of remoteSections(offer).entries()) {
      this.#take(index, section);
    }
    this.#transport.follow(offer);
    return receivingAnswer(offer, this.#transport.local);
  }

  async restartIce(): Promise<string> {
    await this.#transport.restartIce();
    this.#isOffering = true;
    return receivingOffer(this.#lastOffer, this.#transport.local);
  }

  /** Takes the answer to an offer that restarted ICE. */
  takeAnswer(sdp: string): void {
    this.#isOffering = false;
    this.#transport.follow(sdp);
  }

  /** The transport is up. */
  start(): void {
    this.#timer = setInterval(() => this.#report(), report_ms);
  }

  onRtp(packet: RtpPacket): void {
    const { ssrc } = packet.header;
    const track = this.#tracks.get(ssrc);
    if (track !== undefined) {
      track.onRtp(packet);
      return;
    }
    const early = this.#early.get(ssrc) ?? [];
    this.#early.set(ssrc, [...early, packet].slice(-early_packets));
  }

  onRtcp(packet: RtcpPacket): void {
    if (packet instanceof RtcpSrPacket) {
      this.#tracks.get(packet.ssrc)?.reception.onSenderReport(packet);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#transport.close();
  }

  #take(index: number, { kind, label, ssrc }: RemoteSection): void {
    const section = (this.#sections[index] ??= {
      label: undefined,
      trackId: `${this.#options.name}-${index}`,
    });
    const before = section.label;
    section.label = label;
    if (before !== undefined && before !== label && kind === 'video') {
      this.#options.onSeen({ way: 'left', trackId: section.trackId });
    }
    if (label === undefined || ssrc === undefined) {
      return;
    }
    this.#ssrcs.set(label, (this.#ssrcs.get(label) ?? new Set()).add(ssrc));
    if (!this.#tracks.has(ssrc)) {
      const { trackId } = section;
      const requestKeyFrame = (): void => this.#requestKeyFrame(ssrc);
      const options = { trackId, ssrc, onFrame: this.#options.onSeen, requestKeyFrame };
      const track = kind === 'audio' ? new ReceivedAudio(options) : new ReceivedVideo(options);
      this.#tracks.set(ssrc, track);
      this.#early.get(ssrc)?.forEach((packet) => track.onRtp(packet));
      this.#early.delete(ssrc);
    }
  }

  #requestKeyFrame(mediaSsrc: number): void {
    const feedback = new PictureLossIndication({ senderSsrc: ownSsrc, mediaSsrc });
    void this.#transport.endpoint.sendRtcp([new RtcpPayloadSpecificFeedback({ feedback })]);
  }

  /** Of those that something came of. */
  #report(): void {
    const reports = [...this.#tracks.values()].flatMap(({ reception }) =>
      reception.packets > 0 ? [reception.report()] : [],
    );
    // A packet has 31 at most (RFC 3550, section 6.4.2).
    for (let at = 0; at < reports.length; at += 31) {
      const part = reports.slice(at, at + 31);
      void this.#transport.endpoint.sendRtcp([new RtcpRrPacket({ ssrc: ownSsrc, reports: part })]);
    }
  }
}

export interface SubscribingOptions {
  /** Of the connection: the ids of its tracks begin with it. */
  name: string;
  onSeen: (seen: Seen) => void;
}
