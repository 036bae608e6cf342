import type {
  CapableCodec,
  Capabilities,
  MediaKind,
  RtcpFeedback,
  RtpParameters,
} from '../media.ts';
import type { RemoteCodec, RemoteSection } from './remote.ts';

/** What a section that sends is taken with: a codec, its retransmissions, header extensions. */
export interface Chosen {
  kind: MediaKind;
  codec: RemoteCodec;
  rtx: RemoteCodec | undefined;
  feedback: readonly RtcpFeedback[];
  extensions: readonly { id: number; uri: string }[];
}

const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const absSendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';

/** The first codec of the section that the router has; undefined where it has none of them. */
export function choose(section: RemoteSection, capabilities: Capabilities): Chosen | undefined {
  const { kind } = section;
  if (kind === 'application') {
    return undefined;
  }
  for (const codec of section.codecs) {
    const ours = capabilities.codecs.find((capable) => matches(kind, codec, capable));
    if (ours === undefined) {
      continue;
    }
    const extensions = chooseExtensions(kind, section, capabilities);
    const rtx = section.codecs.find(
      (other) =>
        other.name.toLowerCase() === 'rtx' && other.parameters['apt'] === codec.payloadType,
    );
    const feedback = chooseFeedback(codec.feedback, ours, extensions);
    return { kind, codec, rtx, feedback, extensions };
  }
  return undefined;
}

function matches(kind: MediaKind, codec: RemoteCodec, capable: CapableCodec): boolean {
  const mimeType = `${kind}/${codec.name}`.toLowerCase();
  if (mimeType !== capable.mimeType.toLowerCase() || mimeType.endsWith('/rtx')) {
    return false;
  }
  if (codec.clockRate !== capable.clockRate || (codec.channels ?? 1) !== (capable.channels ?? 1)) {
    return false;
  }
  switch (mimeType) {
    case 'video/h264':
      return (
        codec.parameters['packetization-mode'] === capable.parameters['packetization-mode'] &&
        isConstrainedBaseline(codec.parameters['profile-level-id'])
      );
    case 'video/vp9':
      return (codec.parameters['profile-id'] ?? 0) === (capable.parameters['profile-id'] ?? 0);
    case 'video/av1':
      return (codec.parameters['profile'] ?? 0) === (capable.parameters['profile'] ?? 0);
    default:
      return true;
  }
}

/** Profile 66 with constraint_set1 and none of the flags of other profiles (RFC 6184, section 8.1). */
function isConstrainedBaseline(level: string | number | undefined): boolean {
  const found = /^42([0-9a-f]{2})[0-9a-f]{2}$/i.exec(String(level));
  return found?.[1] !== undefined && (Number.parseInt(found[1], 16) & 0x4f) === 0x40;
}

function chooseExtensions(
  kind: MediaKind,
  section: RemoteSection,
  capabilities: Capabilities,
): Chosen['extensions'] {
  const seen = new Set<string>();
  return section.extensions.filter(({ uri }) => {
    const capable = capabilities.extensions.find((one) => one.kind === kind && one.uri === uri);
    const taken = capable?.direction === 'sendrecv' || capable?.direction === 'recvonly';
    const first = !seen.has(uri);
    seen.add(uri);
    return taken && first;
  });
}

/** What both sides have, with one bandwidth estimation: the sender's where its extension is there. */
function chooseFeedback(
  offered: readonly RtcpFeedback[],
  ours: CapableCodec,
  extensions: Chosen['extensions'],
): RtcpFeedback[] {
  const has = (uri: string): boolean => extensions.some((extension) => extension.uri === uri);
  const both = offered.filter((one) =>
    ours.feedback.some(
      (other) => other.type === one.type && (other.parameter ?? '') === (one.parameter ?? ''),
    ),
  );
  const estimation = has(transportCc) ? 'transport-cc' : has(absSendTime) ? 'goog-remb' : undefined;
  return both.filter(
    ({ type }) => (type !== 'transport-cc' && type !== 'goog-remb') || type === estimation,
  );
}

/** What the router is told to expect of the section (ORTC: `RTCRtpParameters`). */
export function parametersOf(section: RemoteSection, chosen: Chosen): RtpParameters {
  const { kind, codec, rtx } = chosen;
  const codecs = [
    {
      mimeType: `${kind}/${codec.name}`,
      payloadType: codec.payloadType,
      clockRate: codec.clockRate,
      ...(codec.channels === undefined ? {} : { channels: codec.channels }),
      parameters: { ...codec.parameters },
      rtcpFeedback: [...chosen.feedback],
    },
  ];
  if (rtx !== undefined) {
    codecs.push({
      mimeType: `${kind}/rtx`,
      payloadType: rtx.payloadType,
      clockRate: rtx.clockRate,
      parameters: { apt: codec.payloadType },
      rtcpFeedback: [],
    });
  }
  const bySsrc = section.encodings.map(({ ssrc, rtxSsrc }) =>
    rtx === undefined || rtxSsrc === undefined ? { ssrc } : { ssrc, rtx: { ssrc: rtxSsrc } },
  );
  return {
    mid: section.mid,
    codecs,
    headerExtensions: chosen.extensions.map(({ id, uri }) => ({ id, uri })),
    // Without SSRCs (RFC 8843, section 9.2) the packets are told apart by their mid.
    encodings: section.rids.length > 0 ? section.rids.map((rid) => ({ rid })) : bySsrc,
    rtcp: { ...(section.cname === undefined ? {} : { cname: section.cname }), reducedSize: true },
  };
}
