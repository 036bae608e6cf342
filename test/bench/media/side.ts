import type { Endpoint, TransportParameters } from '../../support/endpoint/endpoint.ts';
import type { Kind, OfferedTrack } from '../../support/endpoint/sdp.ts';
import { sendingOffer } from '../../support/endpoint/sdp.ts';

/** The SSRCs and payload types of one publisher's audio and video. */
export type Sent = Readonly<Record<Kind, { ssrc: number; payloadType: number }>>;

/** A stream that somebody publishes, by the name under which the side knows it. */
export interface Published {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly sent: Sent;
}

/** Somebody in the room of a side. */
export interface Guest {
  publish(): Promise<Published>;
  /** Answers where the media comes once it can flow: all over one transport. */
  watch(streams: readonly Published[]): Promise<Endpoint>;
  /** Resolves when the side knows nothing of it any more. */
  leave(): Promise<void>;
}

/** A forwarder of media, as the bench sees it. */
export interface Side {
  /** Of all processes that it takes to forward. */
  readonly pids: readonly number[];
  /** Somebody enters a room of that name. */
  enter(room: string): Promise<Guest>;
  close(): Promise<void>;
}

let lastSsrc = 1_000;

/** SSRCs that no other publisher has. */
export function newSent(): Sent {
  lastSsrc += 2;
  return {
    audio: { ssrc: lastSsrc, payloadType: 111 },
    video: { ssrc: lastSsrc + 1, payloadType: 96 },
  };
}

/** The offer of a client that publishes them under a label. */
export function publishOffer(local: TransportParameters, sent: Sent, label: string): string {
  const track = (kind: Kind): OfferedTrack => {
    return { kind, ...sent[kind], label, rids: [], extensions: [] };
  };
  return sendingOffer(local, [track('audio'), track('video')]);
}
