import { checkCertificate } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import type { Edge } from './edge.ts';

/** Which of the cards that came are to be believed; the rest is left out. */
export type CheckCards = (
  nodes: readonly NodeCard[],
  revoked: ReadonlySet<string>,
) => Promise<NodeCard[]>;

/**
 * Believes a card whose certificate the edge signed for that node of that region, with a key that was not
 * revoked. Before the edge has given its key nobody is believed.
 */
export function cardCheck(components: {
  clock: Clock;
  log: Log;
  edge: Pick<Edge, 'keys'>;
}): CheckCards {
  const { clock, log, edge } = components;
  const isCertified = async (
    { nodeId, region, jurisdiction, certificate }: NodeCard,
    revoked: ReadonlySet<string>,
  ): Promise<boolean> => {
    const key = edge.keys?.ticketKey;
    if (key === undefined) {
      return false;
    }
    try {
      const expected = { nodeId, region, jurisdiction, now_ms: clock.now() };
      const { peerId } = await checkCertificate(key, certificate ?? '', expected);
      if (revoked.has(peerId)) {
        throw new RizomaError('certificate_revoked', `the key of ${nodeId} was revoked`);
      }
      return true;
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      log.warn({ code, nodeId }, `a card is not believed: ${message}`);
      return false;
    }
  };
  return async (nodes, revoked) => {
    const believed = await Promise.all(nodes.map((node) => isCertified(node, revoked)));
    return nodes.filter((_, index) => believed[index] === true);
  };
}
