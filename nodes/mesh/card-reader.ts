import { checkCertificate } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { readCard } from '../../protocol/said-card.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';
import type { HeardCard } from './gossip-state.ts';

/** A card that nodes pass on, once it is sure that the node said it. Throws what is wrong with it. */
export type ReadHeard = (text: string) => Promise<HeardCard>;

/**
 * Believes what was signed with the key for which the edge certified the node, in that region, while the
 * certificate is good and was not revoked. Before the edge's key is known nobody is believed.
 */
export function cardReader(components: {
  clock: Clock;
  ticketKeys: () => readonly TicketPublicKey[] | undefined;
  isRevoked: (peerId: string) => boolean;
}): ReadHeard {
  const { clock, ticketKeys, isRevoked } = components;
  return async (text) => {
    const now_ms = clock.date();
    const { card, load, said_ms, since_ms, gone, peerId } = await readCard(text, now_ms);
    const { nodeId, region, jurisdiction } = card;
    const keys = ticketKeys();
    if (keys === undefined) {
      throw new RizomaError('forbidden', 'the key of the edge is not known here yet');
    }
    const expected = { nodeId, region, jurisdiction, now_ms };
    const certificate = await checkCertificate(keys, card.certificate ?? '', expected);
    if (certificate.peerId !== peerId) {
      throw new RizomaError('forbidden', `the card of ${nodeId} is signed with another node's key`);
    }
    if (isRevoked(peerId)) {
      throw new RizomaError('certificate_revoked', `the key of ${nodeId} was revoked`);
    }
    return { nodeId, said_ms, since_ms, gone, text, card, load, certificate };
  };
}
