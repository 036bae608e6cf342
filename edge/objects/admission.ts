import { peerIdIn } from '../../protocol/certificate.ts';
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
      return { nodeId, region, host, secure, peerId: peerIdOf(card) };
    }),
    rule,
    passedOver: passedOver.map((one) => `${one.rule}: ${one.why}`).join('; '),
  };
}

/** By cards, each of which is in the picture of the mesh for many participants. */
const peerIds = new WeakMap<NodeCard, string>();

function peerIdOf(card: NodeCard): string {
  const peerId = peerIds.get(card) ?? peerIdIn(card.certificate ?? '');
  peerIds.set(card, peerId);
  return peerId;
}
