import type { MediaDescription } from 'sdp-transform';
import type { LocalTransport, MediaKind, RtpParameters } from '../media.ts';
import type { RemoteDescription, RemoteSection } from './remote.ts';
import type { Origin, Setup } from './write.ts';
import { codecLines, rejectedSection, transportLines, writeDescription } from './write.ts';

const protocol = 'UDP/TLS/RTP/SAVPF';

/** An m-section in which we send, did so, or may no longer. */
export interface OfferedSection {
  mid: string;
  kind: MediaKind;
  state:
    | { type: 'sending'; streamId: string; trackId: string }
    /** Its track is gone; another one may take its place. */
    | { type: 'idle' }
    /** The client refused it, for good. */
    | { type: 'dead' };
  /** What is sent, or was sent last. */
  parameters: RtpParameters;
}

/** Our offer. The client answers the `actpass` with `active`, as RFC 8842, section 5.3 asks. */
export function writeOffer(
  sections: readonly OfferedSection[],
  local: LocalTransport,
  origin: Origin,
): string {
  return writeSections(sections, local, origin, 'actpass');
}

/** Answers an offer of the client on a connection that we send on, in the role that we have there. */
export function writeSendingAnswer(
  offer: RemoteDescription,
  sections: readonly OfferedSection[],
  local: LocalTransport,
  origin: Origin,
  role: 'active' | 'passive',
): string {
  const agreed = sections.map((section, index) => agree(section, offer.sections[index]));
  return writeSections(agreed, local, origin, role);
}

/** RFC 3264, section 6.1: an answer takes of an offer, and adds nothing (RFC 8285, section 6, of extensions). */
function agree(section: OfferedSection, offered: RemoteSection | undefined): OfferedSection {
  if (offered === undefined || offered.rejected) {
    return { ...section, state: { type: 'dead' } };
  }
  const headerExtensions = (section.parameters.headerExtensions ?? []).filter(({ id, uri }) =>
    offered.extensions.some((other) => other.id === id && other.uri === uri),
  );
  const parameters = { ...section.parameters, headerExtensions };
  return section.state.type === 'sending' && !offered.receives
    ? { ...section, parameters, state: { type: 'idle' } }
    : { ...section, parameters };
}

function writeSections(
  sections: readonly OfferedSection[],
  local: LocalTransport,
  origin: Origin,
  setup: Setup,
): string {
  return writeDescription(
    origin,
    sections.map((section) => writeSection(section, local, setup)),
  );
}

function writeSection(
  section: OfferedSection,
  local: LocalTransport,
  setup: Setup,
): MediaDescription {
  const { mid, kind, state, parameters } = section;
  const codecs = codecLines(
    parameters.codecs.map((codec) => ({
      payloadType: codec.payloadType,
      name: codec.mimeType.slice(kind.length + 1),
      clockRate: codec.clockRate,
      channels: codec.channels,
      parameters: codec.parameters ?? {},
      feedback: codec.rtcpFeedback ?? [],
    })),
  );
  if (state.type === 'dead') {
    return rejectedSection({ mid, kind, protocol, payloads: codecs.payloads ?? '' });
  }
  return {
    ...transportLines(local, setup),
    type: kind,
    port: 9,
    protocol,
    mid,
    direction: state.type === 'sending' ? 'sendonly' : 'inactive',
    ext: (parameters.headerExtensions ?? []).map(({ id, uri }) => ({ value: id, uri })),
    ...codecs,
    ...(state.type === 'sending' ? sourceLines(state, parameters) : {}),
  };
}

/** Which MediaStream and track it is (RFC 8830), and its SSRCs (RFC 5576). */
function sourceLines(
  state: { streamId: string; trackId: string },
  parameters: RtpParameters,
): Partial<MediaDescription> {
  const msid = [{ id: state.streamId, appdata: state.trackId }];
  const [encoding] = parameters.encodings ?? [];
  if (encoding?.ssrc === undefined) {
    return { msid };
  }
  const pair = encoding.rtx === undefined ? [encoding.ssrc] : [encoding.ssrc, encoding.rtx.ssrc];
  const cname = parameters.rtcp?.cname ?? state.streamId;
  return {
    msid,
    ssrcs: pair.map((id) => ({ id, attribute: 'cname', value: cname })),
    ssrcGroups: pair.length < 2 ? [] : [{ semantics: 'FID', ssrcs: pair.join(' ') }],
  };
}
