import type { MediaDescription } from 'sdp-transform';
import type { LocalTransport } from '../media.ts';
import type { Chosen } from './codecs.ts';
import type { RemoteDescription, RemoteSection } from './remote.ts';
import type { Origin, Setup } from './write.ts';
import { codecLines, rejectedSection, transportLines, writeDescription } from './write.ts';

/**
 * Our role in DTLS: client wherever the offer leaves the choice. It then begins with the first ICE
 * check, and the first media comes one round trip earlier than it would to a server.
 */
export function answerSetup(offer: RemoteDescription): 'active' | 'passive' {
  return offer.setup === 'active' ? 'passive' : 'active';
}

/** Answers an offer: sections in `accepted` are received, the others are idle or refused. */
export function writeAnswer(
  offer: RemoteDescription,
  local: LocalTransport,
  accepted: ReadonlyMap<string, Chosen>,
  origin: Origin,
): string {
  return writeReceiving(offer, { local, setup: answerSetup(offer) }, accepted, origin);
}

/**
 * Offers to receive, over another transport, what the client described last: the same m-sections in
 * their order. The client answers in the DTLS role that it has (RFC 8842, section 5.3).
 */
export function writeReceivingOffer(
  last: RemoteDescription,
  local: LocalTransport,
  accepted: ReadonlyMap<string, Chosen>,
  origin: Origin,
): string {
  return writeReceiving(last, { local, setup: 'actpass' }, accepted, origin);
}

function writeReceiving(
  remote: RemoteDescription,
  { local, setup }: { local: LocalTransport; setup: Setup },
  accepted: ReadonlyMap<string, Chosen>,
  origin: Origin,
): string {
  const media = remote.sections.map((section) => {
    const chosen = accepted.get(section.mid);
    if (section.rejected || section.kind === 'application') {
      return rejectedSection(section);
    }
    return chosen === undefined
      ? idleSection(section, local, setup)
      : receivingSection(section, chosen, local, setup);
  });
  return writeDescription(origin, media);
}

function receivingSection(
  section: RemoteSection,
  chosen: Chosen,
  local: LocalTransport,
  setup: Setup,
): MediaDescription {
  const rtx = chosen.rtx === undefined ? [] : [{ ...chosen.rtx, feedback: [] }];
  return {
    ...transportLines(local, setup),
    type: section.kind,
    port: 9,
    protocol: section.protocol,
    mid: section.mid,
    direction: 'recvonly',
    ext: chosen.extensions.map(({ id, uri }) => ({ value: id, uri })),
    ...codecLines([{ ...chosen.codec, feedback: chosen.feedback }, ...rtx]),
    ...simulcastLines(section.rids),
  };
}

/** RFC 8853, section 5.3: all layers are taken, in the order of the offer. */
function simulcastLines(rids: readonly string[]): Partial<MediaDescription> {
  if (rids.length === 0) {
    return {};
  }
  return {
    rids: rids.map((id) => ({ id, direction: 'recv' })),
    simulcast: { dir1: 'recv', list1: rids.join(';') },
  };
}

/** A section that stays but carries nothing: it says again the codecs that it was offered with. */
function idleSection(
  section: RemoteSection,
  local: LocalTransport,
  setup: Setup,
): MediaDescription {
  const [first] = section.codecs;
  if (first === undefined) {
    return rejectedSection(section);
  }
  return {
    ...transportLines(local, setup),
    type: section.kind,
    port: 9,
    protocol: section.protocol,
    mid: section.mid,
    direction: 'inactive',
    ...codecLines([{ ...first, feedback: [] }]),
  };
}
