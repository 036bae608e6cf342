import { parse, write } from 'sdp-transform';
import type { SessionDescription } from 'sdp-transform';
import type { RemoteTransport, TransportParameters } from './endpoint.ts';

/** The SSRCs and payload types of one publisher's audio and video. */
export interface Sent {
  readonly audio: { ssrc: number; payloadType: number };
  readonly video: { ssrc: number; payloadType: number };
}

/** The offer of a client that publishes Opus and VP8 under a label. */
export function publishOffer(local: TransportParameters, sent: Sent, label: string): string {
  const section = (kind: 'audio' | 'video', index: number, codec: readonly string[]): string[] => {
    const { ssrc, payloadType } = sent[kind];
    return [
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
      'c=IN IP4 0.0.0.0',
      'a=rtcp:9 IN IP4 0.0.0.0',
      ...transportLines(local, 'actpass'),
      `a=mid:${index}`,
      'a=sendonly',
      `a=msid:${label} ${kind}-${ssrc}`,
      'a=rtcp-mux',
      ...codec.map((line) => line.replace('PT', String(payloadType))),
      `a=ssrc:${ssrc} cname:bench`,
      `a=ssrc:${ssrc} msid:${label} ${kind}-${ssrc}`,
    ];
  };
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `a=msid-semantic: WMS ${label}`,
    ...section('audio', 0, ['a=rtpmap:PT opus/48000/2', 'a=fmtp:PT minptime=10;useinbandfec=1']),
    ...section('video', 1, ['a=rtpmap:PT VP8/90000', 'a=rtcp-fb:PT nack', 'a=rtcp-fb:PT nack pli']),
    '',
  ].join('\r\n');
}

function transportLines(local: TransportParameters, setup: string): string[] {
  return [
    `a=ice-ufrag:${local.ufrag}`,
    `a=ice-pwd:${local.pwd}`,
    `a=fingerprint:sha-256 ${local.fingerprint}`,
    `a=setup:${setup}`,
  ];
}

/** The answer of a client that takes all that is offered. */
export function watchAnswer(offer: string, local: TransportParameters): string {
  const { media, ...session } = parse(offer);
  const answered = media.map(
    ({ ssrcs: _, ssrcGroups: __, msid: ___, candidates: ____, ...one }) => ({
      ...one,
      direction: one.direction === 'inactive' ? ('inactive' as const) : ('recvonly' as const),
      iceUfrag: local.ufrag,
      icePwd: local.pwd,
      fingerprint: { type: 'sha-256', hash: local.fingerprint },
      setup: 'active' as const,
    }),
  );
  const {
    iceUfrag: _,
    icePwd: __,
    fingerprint: ___,
    setup: ____,
    icelite: _____,
    ...rest
  } = session;
  return write({ ...rest, media: answered });
}

/** Where the other side of a description is, and who it is. */
export function transportOf(sdp: string): RemoteTransport {
  const session: SessionDescription = parse(sdp);
  const [first] = session.media;
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
