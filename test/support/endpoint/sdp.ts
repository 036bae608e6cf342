import { parse, write } from 'sdp-transform';
import type { MediaDescription, SessionDescription } from 'sdp-transform';
import type { RemoteTransport, TransportParameters } from './endpoint.ts';

export type Kind = 'audio' | 'video';

/** A track that a client offers to send. */
export interface OfferedTrack {
  readonly kind: Kind;
  readonly payloadType: number;
  /** Of the track, or of its first layer. */
  readonly ssrc: number;
  /** Simulcast layers, the lowest first: as in browsers' offers, names stand for their SSRCs (RFC 8853). */
  readonly rids: readonly string[];
  /** The id of its MediaStream (RFC 8830). */
  readonly label: string;
  /** Header extensions (RFC 8285). */
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
}

const protocol = 'UDP/TLS/RTP/SAVPF';

/** Bandwidth estimation, which clients of this folder leave to the other side's view of packet loss. */
const estimation = {
  feedback: new Set(['transport-cc', 'goog-remb']),
  extensions: new Set([
    'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  ]),
};

/** The offer of a client that sends these tracks, one in an m-section; `version` grows with each offer. */
export function sendingOffer(
  local: TransportParameters,
  tracks: readonly OfferedTrack[],
  version = 1,
): string {
  return describe(
    tracks.map((track, index) => ({
      ...transportLines(local, 'actpass'),
      type: track.kind,
      port: 9,
      protocol,
      mid: String(index),
      direction: 'sendonly',
      rtcpMux: 'rtcp-mux',
      rtcpRsize: 'rtcp-rsize',
      ext: track.extensions.map(({ id, uri }) => ({ value: id, uri })),
      ...codecLines(track),
      ...sourceLines(track),
    })),
    version,
  );
}

function codecLines({ kind, payloadType: payload }: OfferedTrack): CodecLines {
  if (kind === 'audio') {
    return {
      payloads: String(payload),
      rtp: [{ payload, codec: 'opus', rate: 48_000, encoding: 2 }],
      fmtp: [{ payload, config: 'minptime=10;useinbandfec=1' }],
    };
  }
  return {
    payloads: String(payload),
    rtp: [{ payload, codec: 'VP8', rate: 90_000 }],
    fmtp: [],
    rtcpFb: [
      { payload, type: 'nack' },
      { payload, type: 'nack', subtype: 'pli' },
      { payload, type: 'ccm', subtype: 'fir' },
    ],
  };
}

type CodecLines = Pick<MediaDescription, 'payloads' | 'rtp' | 'fmtp' | 'rtcpFb'>;

function sourceLines({ kind, ssrc, rids, label }: OfferedTrack): Partial<MediaDescription> {
  const msid = [{ id: label, appdata: `${kind}-${ssrc}` }];
  if (rids.length > 0) {
    return {
      msid,
      rids: rids.map((id) => ({ id, direction: 'send' })),
      simulcast: { dir1: 'send', list1: rids.join(';') },
    };
  }
  return { msid, ssrcs: [{ id: ssrc, attribute: 'cname', value: 'test' }] };
}

/** The answer of a client that takes all that is offered. */
export function receivingAnswer(offer: string, local: TransportParameters): string {
  return receiving(offer, local, 'active');
}

/** The offer of a client that goes on to receive what was offered to it last, as it makes for an ICE restart. */
export function receivingOffer(lastOffer: string, local: TransportParameters): string {
  return receiving(lastOffer, local, 'actpass');
}

function receiving(offer: string, local: TransportParameters, setup: string): string {
  const { media, origin } = parse(offer);
  const version = Number(origin?.sessionVersion ?? 1);
  return describe(
    media.map((section) => receivedSection(section, local, setup)),
    version,
  );
}

function receivedSection(
  offered: MediaDescription,
  local: TransportParameters,
  setup: string,
): MediaDescription {
  const { type, port, payloads, mid, rtp, fmtp, rtcpFb = [], ext = [], direction } = offered;
  const kept = { type, port, protocol, payloads, rtp, fmtp, ...(mid === undefined ? {} : { mid }) };
  if (port === 0) {
    return { ...kept, direction: 'inactive' };
  }
  return {
    ...transportLines(local, setup),
    ...kept,
    port: 9,
    direction: direction === 'sendonly' ? 'recvonly' : 'inactive',
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
    rtcpFb: rtcpFb.filter((one) => !estimation.feedback.has(one.type)),
    ext: ext.filter(({ uri }) => !estimation.extensions.has(uri)),
  };
}

function describe(media: readonly MediaDescription[], version: number): string {
  const live = media.filter(({ port }) => port !== 0);
  const session: SessionDescription = {
    version: 0,
    origin: {
      username: '-',
      sessionId: 1,
      sessionVersion: version,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    groups: [{ type: 'BUNDLE', mids: live.map(({ mid }) => mid).join(' ') }],
    msidSemantic: { semantic: 'WMS', token: '*' },
    media: media.map((section) => ({ connection: { version: 4, ip: '0.0.0.0' }, ...section })),
  };
  return write(session);
}

function transportLines(local: TransportParameters, setup: string): Partial<MediaDescription> {
  return {
    iceUfrag: local.ufrag,
    icePwd: local.pwd,
    fingerprint: { type: 'sha-256', hash: local.fingerprint },
    setup,
  };
}

/** Where the other side of a description is, and its credentials. */
export function transportOf(sdp: string): RemoteTransport {
  const session = parse(sdp);
  const first = session.media.find(({ port }) => port !== 0) ?? session.media[0];
  const ufrag = first?.iceUfrag ?? session.iceUfrag;
  const pwd = first?.icePwd ?? session.icePwd;
  const fingerprint = (first?.fingerprint ?? session.fingerprint)?.hash;
  const candidate = first?.candidates?.find(({ transport }) => transport.toLowerCase() === 'udp');
  if (ufrag === undefined || pwd === undefined || fingerprint === undefined || !candidate) {
    throw new Error('the description names no transport');
  }
  const { ip, port } = candidate;
  return { ufrag, pwd, fingerprint, ip, port };
}

/** An m-section of the other side, as far as a receiver or a sender has to know it. */
export interface RemoteSection {
  readonly mid: string;
  readonly kind: Kind;
  /** What the other side does in it; `inactive` too where it is rejected. */
  readonly direction: 'sendonly' | 'recvonly' | 'inactive';
  /** The MediaStream that it sends. */
  readonly label: string | undefined;
  readonly ssrc: number | undefined;
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
}

export function remoteSections(sdp: string): RemoteSection[] {
  return parse(sdp).media.map((media, index) => {
    const { direction } = media;
    const isLive = media.port !== 0 && (direction === 'sendonly' || direction === 'recvonly');
    return {
      // The parser makes numbers of what looks like one.
      mid: String(media.mid ?? index),
      kind: media.type === 'audio' ? 'audio' : 'video',
      direction: isLive ? direction : 'inactive',
      label: isLive && direction === 'sendonly' ? labelOf(media) : undefined,
      ssrc: isLive ? media.ssrcs?.[0]?.id : undefined,
      extensions: (media.ext ?? []).map(({ value, uri }) => ({ id: value, uri })),
    };
  });
}

function labelOf({ msid }: MediaDescription): string | undefined {
  const id = msid?.[0]?.id;
  return id === undefined ? undefined : String(id);
}
