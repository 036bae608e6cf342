import type { MediaDescription, SessionDescription } from 'sdp-transform';
import { write } from 'sdp-transform';
import { RizomaError } from '../../../protocol/errors.ts';
import type { LocalTransport, RtcpFeedback } from '../media.ts';

/** Throws `internal` where a text would be more than its own line: what comes in is looked at before it comes here. */
export function demandLines(value: unknown): void {
  if (typeof value === 'string' && /[\r\n]/.test(value)) {
    throw new RizomaError(
      'internal',
      'a value for an SDP has a line break: the SDP is not written',
    );
  }
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(demandLines);
  }
}

export type Setup = 'actpass' | 'active' | 'passive';

/** Which description of which session it is: the version grows with each (RFC 8866, section 5.2). */
export interface Origin {
  sessionId: string;
  version: number;
}

/** A whole description of ours: ICE-lite, all live m-sections in one bundle. */
export function writeDescription(origin: Origin, media: readonly MediaDescription[]): string {
  const mids = media.filter((section) => section.port !== 0).map((section) => section.mid);
  const session: SessionDescription = {
    version: 0,
    origin: {
      username: '-',
      sessionId: origin.sessionId,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: 4,
      address: '0.0.0.0',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    // Ids of header extensions over 14 take the two-byte form, which the router knows (RFC 8285).
    extmapAllowMixed: 'extmap-allow-mixed',
    msidSemantic: { semantic: 'WMS', token: '*' },
    groups: [{ type: 'BUNDLE', mids: mids.join(' ') }],
    media: [...media],
  };
  demandLines(session);
  return write(session);
}

/** What each live m-section says of the transport that all of them share. */
export function transportLines(local: LocalTransport, setup: Setup): Partial<MediaDescription> {
  return {
    connection: { version: 4, ip: '0.0.0.0' },
    iceUfrag: local.ice.ufrag,
    icePwd: local.ice.pwd,
    fingerprint: { type: local.fingerprint.algorithm, hash: local.fingerprint.value },
    setup,
    candidates: local.candidates.map((candidate) => ({
      foundation: candidate.foundation,
      component: 1,
      transport: candidate.protocol,
      priority: candidate.priority,
      ip: candidate.address,
      port: candidate.port,
      type: 'host',
      ...(candidate.protocol === 'tcp' ? { tcptype: 'passive' } : {}),
    })),
    endOfCandidates: 'end-of-candidates',
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
  };
}

/** A refused m-section keeps its place, kind and formats (RFC 8829, section 5.3.1). */
export function rejectedSection(section: {
  mid: string;
  kind: string;
  protocol: string;
  payloads: string;
}): MediaDescription {
  return {
    type: section.kind,
    port: 0,
    protocol: section.protocol,
    payloads: section.payloads,
    connection: { version: 4, ip: '0.0.0.0' },
    mid: section.mid,
    direction: 'inactive',
    rtp: [],
    fmtp: [],
  };
}

export interface CodecLines {
  payloadType: number;
  name: string;
  clockRate: number;
  channels: number | undefined;
  parameters: Readonly<Record<string, unknown>>;
  feedback: readonly RtcpFeedback[];
}

/** The lines of the codecs of a section, the first one preferred. */
export function codecLines(
  codecs: readonly CodecLines[],
): Pick<MediaDescription, 'payloads' | 'rtp' | 'fmtp' | 'rtcpFb'> {
  return {
    payloads: codecs.map((codec) => codec.payloadType).join(' '),
    rtp: codecs.map((codec) => ({
      payload: codec.payloadType,
      codec: codec.name,
      rate: codec.clockRate,
      ...(codec.channels === undefined || codec.channels === 1 ? {} : { encoding: codec.channels }),
    })),
    fmtp: codecs
      .map((codec) => ({ payload: codec.payloadType, config: parameterText(codec.parameters) }))
      .filter((line) => line.config !== ''),
    rtcpFb: codecs.flatMap((codec) =>
      codec.feedback.map(({ type, parameter }) => ({
        payload: codec.payloadType,
        type,
        ...(parameter === undefined || parameter === '' ? {} : { subtype: parameter }),
      })),
    ),
  };
}

function parameterText(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(';');
}
