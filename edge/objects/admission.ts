import { ticketPeerIn } from '../../protocol/certificate.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { Placement } from '../placement/choose.ts';
import type { Admission, Terms } from './api.ts';

/** What a participant is told who was placed, and what the log says of it. */
export function admitted(
  who: { userName: string; role: string; terms: Terms },
  { rule, passedOver, entrances }: Placement,
): Admission {
  const { userName, role, terms } = who;
  return {
    userName,
    role,
    terms,
    entrances: entrances.map(({ card, host }) => {
      const { nodeId, region, secure } = card;
      return { nodeId, region, host, secure, peerId: ticketPeerOf(card) };
    }),
    rule,
    passedOver: passedOver.map((one) => `${one.rule}: ${one.why}`).join('; '),
  };
}

/** By cards, each of which is in the picture of the mesh for many participants. */
const ticketPeers = new WeakMap<NodeCard, { peerId: string | undefined }>();

function ticketPeerOf(card: NodeCard): string | undefined {
  const { certificate } = card;
  const known = ticketPeers.get(card) ?? {
    peerId: certificate === undefined ? undefined : ticketPeerIn(certificate),
  };
  ticketPeers.set(card, known);
  return known.peerId;
}
