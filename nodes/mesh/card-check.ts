import type { Certificate } from '../../protocol/certificate.ts';
import { checkCertificate } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import type { EdgeKeys } from './edge.ts';

/** A card, and what its certificate says. */
export interface Believed {
  card: NodeCard;
  certificate: Certificate;
}

/** Which of the cards that came are to be believed; the rest is left out. */
export type CheckCards = (
  nodes: readonly NodeCard[],
  revoked: ReadonlySet<string>,
) => Promise<Believed[]>;

/**
 * Believes a card whose certificate the edge signed for that node of that region, with a key that was not
 * revoked. Before the edge has given its keys nobody is believed.
 */
export function cardCheck(components: {
  clock: Clock;
  log: Log;
  edge: { readonly keys: Pick<EdgeKeys, 'ticketKeys'> | undefined };
}): CheckCards {
  const { clock, log, edge } = components;
  const check = rememberingCheck();
  const believe = async (card: NodeCard, revoked: ReadonlySet<string>): Promise<Believed[]> => {
    const keys = edge.keys?.ticketKeys;
    if (keys === undefined) {
      return [];
    }
    const { nodeId, region, jurisdiction } = card;
    try {
      const expected = { nodeId, region, jurisdiction, now_ms: clock.date() };
      const certificate = await check(keys, card.certificate ?? '', expected);
      if (revoked.has(certificate.peerId)) {
        throw new RizomaError('certificate_revoked', `the key of ${nodeId} was revoked`);
      }
      return [{ card, certificate }];
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      log.warn({ code, nodeId }, `a card is not believed: ${message}`);
      return [];
    }
  };
  return async (nodes, revoked) =>
    (await Promise.all(nodes.map((node) => believe(node, revoked)))).flat();
}

/**
 * Checks each certificate once while it is the node's: the list of members comes anew whenever one of them comes or goes, and a
 * signature costs 0.1 ms.
 */
function rememberingCheck(): typeof checkCertificate {
  const checked = new Map<string, { text: string; keys: string; certificate: Certificate }>();
  return async (keys, text, expected) => {
    const { nodeId, region, jurisdiction, now_ms } = expected;
    const known = checked.get(nodeId);
    const isSame =
      known?.text === text &&
      known.keys === JSON.stringify(keys) &&
      known.certificate.region === region &&
      known.certificate.jurisdiction === jurisdiction;
    if (isSame && known.certificate.expires_s > now_ms / 1000) {
      return known.certificate;
    }
    const certificate = await checkCertificate(keys, text, expected);
    checked.delete(nodeId);
    checked.set(nodeId, { text, keys: JSON.stringify(keys), certificate });
    const [eldest] = checked.keys();
    if (checked.size > limits.members && eldest !== undefined) {
      checked.delete(eldest);
    }
    return certificate;
  };
}
