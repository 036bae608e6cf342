import type { Fingerprint, Ice, MediaKind, RtcpFeedback } from '../media.ts';

/** What the other side's SDP says, in the terms that negotiation works with. */
export interface RemoteDescription {
  /** By its `o=` line, in which a Firefox names itself (RFC 8866, section 5.2). */
  isFirefox: boolean;
  ice: Ice;
  fingerprint: Fingerprint;
  setup: 'actpass' | 'active' | 'passive';
  extmapAllowMixed: boolean;
  sections: readonly RemoteSection[];
}

export interface RemoteSection {
  mid: string;
  kind: MediaKind | 'application';
  protocol: string;
  /** The formats of the m-line, to be said again where the section is refused. */
  payloads: string;
  /** Port 0 without `bundle-only` (RFC 8843, section 6). */
  rejected: boolean;
  sends: boolean;
  receives: boolean;
  codecs: readonly RemoteCodec[];
  extensions: readonly { id: number; uri: string }[];
  /** The MediaStream and track that it carries (RFC 8830). */
  msid: { streamId: string; trackId: string | undefined } | undefined;
  encodings: readonly { ssrc: number; rtxSsrc: number | undefined }[];
  cname: string | undefined;
  /** Simulcast layers by name; where there are some, `encodings` does not matter. */
  rids: readonly string[];
}

export interface RemoteCodec {
  payloadType: number;
  name: string;
  clockRate: number;
  channels: number | undefined;
  parameters: Readonly<Record<string, string | number>>;
  feedback: readonly RtcpFeedback[];
}
