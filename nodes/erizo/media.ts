import type { RtpStats } from '../../protocol/contracts/controller-erizo.ts';
import type { Track } from '../../protocol/contracts/erizo-erizo.ts';

/** The small words in which the parts of a process speak of media; the engine makes them true. */

export type MediaKind = 'audio' | 'video';
export type RtpParameters = Track['rtpParameters'];
export type RtpCodec = RtpParameters['codecs'][number];
export type RtcpFeedback = NonNullable<RtpCodec['rtcpFeedback']>[number];

/** What the router takes and gives; the same in every process, since pipes need it. */
export interface Capabilities {
  codecs: readonly CapableCodec[];
  extensions: readonly CapableExtension[];
}

export interface CapableCodec {
  kind: MediaKind;
  mimeType: string;
  clockRate: number;
  channels: number | undefined;
  parameters: Readonly<Record<string, unknown>>;
  feedback: readonly RtcpFeedback[];
}

export interface CapableExtension {
  kind: MediaKind;
  uri: string;
  /** As the router sees it: `recvonly` is what publishers alone may send. */
  direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
}

export interface Ice {
  ufrag: string;
  pwd: string;
}

export interface Fingerprint {
  algorithm: 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';
  value: string;
}

export interface Candidate {
  foundation: string;
  priority: number;
  address: string;
  protocol: 'udp' | 'tcp';
  port: number;
}

/** Our end of a connection, as SDP needs it. */
export interface LocalTransport {
  ice: Ice;
  fingerprint: Fingerprint;
  candidates: readonly Candidate[];
}

/** What a spatial layer takes, with those below it that it needs: with its lowest temporal layer, and whole. */
export interface LayerRate {
  least_bps: number;
  whole_bps: number;
}

/** The packets of a track as they come in. */
export interface Tap {
  mimeType: string;
  /** Of its streams, the lowest layer first. */
  ssrcs: readonly number[];
  /** The id of the header extension with the dependency descriptor, where packets may have that. */
  descriptorId: number | undefined;
  /** From now on, beginning with a key frame, until it is closed. */
  begin(listener: (packet: Buffer) => void): Promise<void>;
  close(): void;
}

/** A track that comes into this process. */
export interface Producer {
  /** Its own: one stream may come in two ways for a moment. */
  readonly id: string;
  /** Of the track, the same at every hop of a cascade. */
  readonly trackId: string;
  readonly kind: MediaKind;
  /** Nobody gets it, at any hop, until it is resumed. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** One entry a layer. */
  stats(): Promise<RtpStats[]>;
  /** Calls the listener at the first packet of each key frame that comes in, until the answer is called. */
  onKeyFrame(listener: () => void): () => void;
  /** The lowest first, up to the highest that comes. */
  layers(): Promise<LayerRate[]>;
  tap(): Promise<Tap>;
  close(): void;
}

/** A track that leaves this process. It closes by itself with its producer. */
export interface Consumer {
  readonly kind: MediaKind;
  readonly rtpParameters: RtpParameters;
  pause(): Promise<void>;
  /** Also asks for a key frame. */
  resume(): Promise<void>;
  requestKeyFrame(): Promise<void>;
  /** The best layers to send; of what there is the highest that are not over them. */
  setLayers(layers: { spatial: number; temporal: number }): Promise<void>;
  /** Of what the connection bears its video gets more the higher it is, 1 to 255. */
  setPriority(weight: number): Promise<void>;
  /** Calls the listener at the first packet of each key frame, until the answer is called. */
  onKeyFrame(listener: () => void): () => void;
  stats(): Promise<RtpStats[]>;
  close(): void;
  /** Calls the listener when the first packet leaves; to be asked before it can. */
  onFirstPacket(listener: () => void): void;
}
