import { parse as parseSdp, parseParams } from 'sdp-transform';
import { RizomaError } from '../../../protocol/errors.ts';
import { parse } from '../../../protocol/parse.ts';
import { fmtpName, fmtpValue } from '../../../protocol/sdp-text.ts';
import type { Bounds } from './bounds.ts';
import { checkBounds } from './bounds.ts';
import type { MediaShape } from './description.ts';
import { SessionShape } from './description.ts';
import type { RemoteCodec, RemoteDescription, RemoteSection } from './remote.ts';

/**
 * Reads the SDP of a client. Throws `sdp_malformed`, with words that name what is wrong, where it
 * is not SDP, lacks what a connection needs, does not bundle its m-sections, or is larger than `most` says.
 */
export function readDescription(text: string, most: Bounds = {}): RemoteDescription {
  const session = parse(SessionShape, parseText(text, most), 'sdp', 'sdp_malformed');
  const sections = session.media.map((media, index) => readSection(session, media, index));
  const mids = sections.filter((section) => !section.rejected).map((section) => section.mid);
  if (new Set(mids).size < mids.length) {
    throw malformed('two m-sections have one mid');
  }
  requireBundle(session, sections);
  return {
    isFirefox: session.origin.username.startsWith('mozilla'),
    ...readTransport(session, sections),
    extmapAllowMixed: [session, ...session.media].some(
      (part) => part.extmapAllowMixed !== undefined,
    ),
    sections,
  };
}

function malformed(message: string): RizomaError {
  return new RizomaError('sdp_malformed', `sdp: ${message}`);
}

function parseText(text: string, most: Bounds): unknown {
  if (!text.startsWith('v=0')) {
    throw malformed('it does not begin with v=0');
  }
  checkBounds(text, most);
  try {
    return parseSdp(text);
  } catch (cause) {
    throw new RizomaError('sdp_malformed', 'sdp: it does not parse', { cause });
  }
}

/** One connection is one transport, so what is not bundled could not be carried (RFC 8843). */
function requireBundle(session: SessionShape, sections: readonly RemoteSection[]): void {
  const live = sections.filter((section) => !section.rejected);
  const group = session.groups.find((candidate) => candidate.type === 'BUNDLE');
  const bundled = new Set(group?.mids.split(' '));
  if (live.length > 1 && live.some((section) => !bundled.has(section.mid))) {
    throw malformed('its m-sections are not in one BUNDLE group');
  }
}

/** ICE and DTLS stand in the first live m-section or above all (RFC 8843, section 7.1.3). */
function readTransport(
  session: SessionShape,
  sections: readonly RemoteSection[],
): Pick<RemoteDescription, 'ice' | 'fingerprint' | 'setup'> {
  const live = session.media.filter((_, index) => sections[index]?.rejected === false);
  const first = [...live, session];
  const ufrag = first.find((part) => part.iceUfrag !== undefined)?.iceUfrag;
  const pwd = first.find((part) => part.icePwd !== undefined)?.icePwd;
  const print = first.find((part) => part.fingerprint !== undefined)?.fingerprint;
  if (ufrag === undefined || pwd === undefined || print === undefined) {
    throw malformed('it lacks ice-ufrag, ice-pwd or fingerprint');
  }
  if (live.some((part) => part.fingerprint !== undefined && part.fingerprint.hash !== print.hash)) {
    throw malformed('bundled m-sections have different fingerprints');
  }
  return {
    ice: { ufrag, pwd },
    fingerprint: { algorithm: print.type, value: print.hash },
    setup: first.find((part) => part.setup !== undefined)?.setup ?? 'actpass',
  };
}

function readSection(session: SessionShape, media: MediaShape, index: number): RemoteSection {
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  const rejected = media.port === 0 && media.bundleOnly === undefined;
  if (!rejected && media.mid === undefined) {
    throw malformed(`m-section ${index} has no mid`);
  }
  return {
    mid: media.mid ?? String(index),
    kind: media.type,
    protocol: media.protocol,
    // An m-line has a format at the least, also where it is said again without one (RFC 8866, section 5.14).
    payloads: media.payloads ?? '0',
    rejected,
    sends: !rejected && (direction === 'sendrecv' || direction === 'sendonly'),
    receives: !rejected && (direction === 'sendrecv' || direction === 'recvonly'),
    codecs: readCodecs(media),
    extensions: [...media.ext, ...session.ext].map(({ value, uri }) => ({ id: value, uri })),
    msid: readMsid(media),
    encodings: readEncodings(media),
    cname: media.ssrcs.find((line) => line.attribute === 'cname')?.value,
    rids: media.rids.filter((rid) => rid.direction === 'send').map((rid) => rid.id),
  };
}

/** The codecs in the order of the m-line, which is the order of preference. */
function readCodecs(media: MediaShape): RemoteCodec[] {
  const codecs: RemoteCodec[] = [];
  for (const payload of new Set((media.payloads ?? '').split(' ').map(Number))) {
    const rtp = media.rtp.find((line) => line.payload === payload);
    if (rtp?.rate === undefined) {
      continue;
    }
    const config = media.fmtp.find((line) => line.payload === payload)?.config;
    codecs.push({
      payloadType: payload,
      name: rtp.codec,
      clockRate: rtp.rate,
      channels: rtp.encoding,
      parameters: config === undefined ? {} : readParameters(config),
      feedback: media.rtcpFb
        .filter((line) => line.payload === payload || line.payload === '*')
        .map(({ type, subtype }) =>
          subtype === undefined ? { type } : { type, parameter: subtype },
        ),
    });
  }
  return codecs;
}

function readParameters(config: string): Record<string, string | number> {
  const parameters: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(parseParams(config))) {
    // What could not be said again is passed over, as formats without a name are (`0-15`).
    if (value === undefined || !fmtpName.test(name) || !fmtpValue.test(`${value}`)) {
      continue;
    }
    // Six hex digits may look like a number; the level is text all the same (RFC 6184, section 8.1).
    parameters[name] = name === 'profile-level-id' ? String(value) : value;
  }
  return parameters;
}

/** `a=msid`, or the attribute of an SSRC where an older client writes it there. */
function readMsid(media: MediaShape): RemoteSection['msid'] {
  const [line] = media.msid;
  if (line !== undefined && line.id !== '-') {
    return { streamId: line.id, trackId: line.appdata };
  }
  const braced = media.invalid.find(({ value }) => value.startsWith('msid:'))?.value.slice(5);
  const old = media.ssrcs.find((ssrc) => ssrc.attribute === 'msid')?.value;
  const [streamId, trackId] = (braced ?? old ?? '-').split(' ');
  return streamId === undefined || streamId === '-' ? undefined : { streamId, trackId };
}

/** One encoding an SSRC, each with the retransmissions of its FID group (RFC 5576, section 4.2). */
function readEncodings(media: MediaShape): RemoteSection['encodings'] {
  const groups = media.ssrcGroups.map(({ semantics, ssrcs }) => ({
    semantics,
    ssrcs: ssrcs.split(' ').map(Number),
  }));
  const repairs = new Set(
    groups.filter((group) => group.semantics !== 'SIM').flatMap((group) => group.ssrcs.slice(1)),
  );
  const known = new Set(media.ssrcs.map((line) => line.id));
  const primaries = [...known].filter((ssrc) => !repairs.has(ssrc));
  return primaries.map((ssrc) => ({
    ssrc,
    rtxSsrc: groups.find((group) => group.semantics === 'FID' && group.ssrcs[0] === ssrc)?.ssrcs[1],
  }));
}
