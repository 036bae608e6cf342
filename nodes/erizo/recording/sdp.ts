import { loopback } from '../engine-plain.ts';
import type { MediaKind, RtpParameters } from '../media.ts';
import { demandLines } from '../sdp/write.ts';

export interface SdpTrack {
  kind: MediaKind;
  port: number;
  rtpParameters: RtpParameters;
}

/** What a program has to know to read the tracks at those ports of this host (RFC 8866). */
export function recordingSdp(tracks: readonly SdpTrack[]): string {
  const lines = [
    'v=0',
    `o=- 0 0 IN IP4 ${loopback}`,
    's=-',
    `c=IN IP4 ${loopback}`,
    't=0 0',
    ...tracks.flatMap(section),
  ];
  demandLines(lines);
  return lines.map((line) => `${line}\r\n`).join('');
}

function section({ kind, port, rtpParameters }: SdpTrack): string[] {
  const codec = rtpParameters.codecs[0];
  if (codec === undefined) {
    return [];
  }
  const { payloadType, mimeType, clockRate, channels, parameters } = codec;
  const name = mimeType.slice(mimeType.indexOf('/') + 1);
  const fmtp = Object.entries(parameters ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return [
    `m=${kind} ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${name}/${clockRate}${channels === undefined ? '' : `/${channels}`}`,
    ...(fmtp.length === 0 ? [] : [`a=fmtp:${payloadType} ${fmtp.join(';')}`]),
    'a=recvonly',
  ];
}
