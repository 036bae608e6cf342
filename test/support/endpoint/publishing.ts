import { GenericNack, RtcpPayloadSpecificFeedback, RtcpTransportLayerFeedback } from 'werift';
import type { RtcpPacket } from 'werift';
import type { OfferedTrack, RemoteSection } from './sdp.ts';
import { remoteSections, sendingOffer } from './sdp.ts';
import type { Seen } from './seen.ts';
import { SentStream } from './sent-stream.ts';
import type { SentTrack } from './sent-tracks.ts';
import { reportsOf, SentAudio, SentVideo } from './sent-tracks.ts';
import type { ConnectionState } from './session-transport.ts';
import { SessionTransport } from './session-transport.ts';

/** How often it looks whether something is due. */
const look_ms = 20;
const report_ms = 1_000;

const extensions = {
  level: { id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' },
  mid: { id: 2, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' },
  rid: { id: 3, uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id' },
} as const;

/** What a camera of a page is. */
export interface Camera {
  readonly label: string;
  readonly width: 320 | 640;
}

interface Published {
  readonly offered: OfferedTrack;
  readonly layers: readonly { rid: string; ssrc: number; width: 320 | 640 }[];
  /** Once the other side has taken it. */
  sent: SentTrack | undefined;
  /** What the other side said last. */
  isTaken: boolean;
}

/** A session on which the client offers, and sends a microphone's tone and a camera's pictures. */
export class PublishingConnection {
  readonly #transport: SessionTransport;
  readonly #onFrame: (seen: Seen) => void;
  readonly #published: Published[] = [];
  #version = 0;
  #isOffering = false;
  #began_ms = 0;
  #reported_ms = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    components: { transport: SessionTransport },
    options: { onFrame: (seen: Seen) => void },
  ) {
    this.#transport = components.transport;
    this.#onFrame = options.onFrame;
  }

  static async create(options: {
    ip: string;
    onFrame: (seen: Seen) => void;
  }): Promise<PublishingConnection> {
    const holder: { connection?: PublishingConnection } = {};
    const { ip, onFrame } = options;
    const transport = await SessionTransport.create(
      { ip, role: 'server', onConnected: () => holder.connection?.start() },
      { onRtp: () => undefined, onRtcp: (packet) => holder.connection?.onRtcp(packet) },
    );
    holder.connection = new PublishingConnection({ transport }, { onFrame });
    return holder.connection;
  }

  get state(): ConnectionState {
    return this.#transport.state;
  }

  get isStable(): boolean {
    return !this.#isOffering;
  }

  get videos(): readonly SentVideo[] {
    return this.#published.flatMap(({ sent }) => (sent instanceof SentVideo ? [sent] : []));
  }

  /** Adds the tracks of a camera, and offers all that there are. */
  add({ label, width }: Camera, { simulcast }: { simulcast: boolean }): string {
    this.#publish({ kind: 'audio', label, layers: [{ rid: '', ssrc: newSsrc(), width }] });
    const layers = simulcast
      ? [
          { rid: 'q', ssrc: newSsrc(), width: 320 as const },
          { rid: 'f', ssrc: newSsrc(), width },
        ]
      : [{ rid: '', ssrc: newSsrc(), width }];
    this.#publish({ kind: 'video', label, layers });
    return this.#offer();
  }

  async restartIce(): Promise<string> {
    await this.#transport.restartIce();
    return this.#offer();
  }

  takeAnswer(sdp: string): void {
    this.#isOffering = false;
    for (const [index, section] of remoteSections(sdp).entries()) {
      const published = this.#published[index];
      if (published !== undefined) {
        published.isTaken = section.direction === 'recvonly';
        published.sent ??= published.isTaken ? this.#sentTrack(published, section) : undefined;
      }
    }
    this.#transport.follow(sdp);
  }

  /** The transport is up. */
  start(): void {
    this.#began_ms = performance.now();
    this.#timer = setInterval(() => this.#send(), look_ms);
  }

  onRtcp(packet: RtcpPacket): void {
    if (packet instanceof RtcpPayloadSpecificFeedback) {
      const { feedback } = packet;
      // What does not parse, and what estimates a bitrate, asks for nothing.
      const ssrcs =
        feedback === undefined || 'bitrate' in feedback
          ? []
          : 'fir' in feedback
            ? feedback.fir.map(({ ssrc }) => ssrc)
            : [feedback.mediaSsrc];
      ssrcs.forEach((ssrc) => this.#tracks.forEach((track) => track.onKeyFrameRequest(ssrc)));
    }
    if (packet instanceof RtcpTransportLayerFeedback && packet.feedback instanceof GenericNack) {
      const { mediaSourceSsrc, lost } = packet.feedback;
      const streams = this.#tracks.flatMap(({ streams: all }) => all);
      streams.find(({ ssrc }) => ssrc === mediaSourceSsrc)?.resend(lost);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#transport.close();
  }

  get #tracks(): readonly SentTrack[] {
    return this.#published.flatMap(({ sent, isTaken }) =>
      sent !== undefined && isTaken ? [sent] : [],
    );
  }

  #publish({ kind, label, layers }: Pick<OfferedTrack, 'kind' | 'label'> & Layers): void {
    const isSimulcast = layers.length > 1;
    const offered = {
      ...{ kind, label },
      payloadType: kind === 'audio' ? 111 : 96,
      ssrc: layers[0]?.ssrc ?? 0,
      rids: isSimulcast ? layers.map(({ rid }) => rid) : [],
      extensions:
        kind === 'audio'
          ? [extensions.level, extensions.mid]
          : [extensions.mid, ...(isSimulcast ? [extensions.rid] : [])],
    };
    this.#published.push({ offered, layers, sent: undefined, isTaken: false });
  }

  #offer(): string {
    this.#isOffering = true;
    this.#version += 1;
    const tracks = this.#published.map(({ offered }) => offered);
    return sendingOffer(this.#transport.local, tracks, this.#version);
  }

  #sentTrack({ offered, layers }: Published, section: RemoteSection): SentTrack {
    const idOf = (uri: string): number | undefined =>
      section.extensions.find((extension) => extension.uri === uri)?.id;
    const streams = layers.map(({ rid, ssrc, width }) => {
      const named = [
        { id: idOf(extensions.mid.uri), text: section.mid },
        { id: idOf(extensions.rid.uri), text: rid },
      ].flatMap(({ id, text }) =>
        id === undefined || text === '' ? [] : [{ id, payload: Buffer.from(text) }],
      );
      const stream = new SentStream(
        { endpoint: this.#transport.endpoint },
        {
          ssrc,
          payloadType: offered.payloadType,
          clock_Hz: offered.kind === 'audio' ? 48_000 : 90_000,
          extensions: named,
        },
      );
      return { rid, width, stream };
    });
    const [first] = streams;
    return offered.kind === 'audio' && first !== undefined
      ? new SentAudio(first, { levelId: idOf(extensions.level.uri) })
      : new SentVideo(streams, { onFrame: this.#onFrame });
  }

  #send(): void {
    if (this.#transport.state !== 'connected') {
      return;
    }
    const media_ms = performance.now() - this.#began_ms;
    for (const track of this.#tracks) {
      track.send(media_ms);
    }
    if (media_ms >= this.#reported_ms + report_ms || this.#reported_ms === 0) {
      this.#reported_ms = media_ms;
      const reports = this.#tracks.flatMap((track) => reportsOf(track, media_ms));
      for (const report of reports) {
        void this.#transport.endpoint.sendRtcp([report]);
      }
    }
  }
}

type Layers = Pick<Published, 'layers'>;

function newSsrc(): number {
  const [ssrc = 1] = crypto.getRandomValues(new Uint32Array(1));
  // 0 and what others reserve are small.
  return Math.max(ssrc, 10_000);
}
