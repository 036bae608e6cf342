import type { Certificate } from '../../protocol/certificate.ts';
import { checkCertificate, signCertificate } from '../../protocol/certificate.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { NodeKeys } from '../../protocol/enrolment.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import { publicTicketKey } from '../../protocol/ticket.ts';

/** Signs for nodes that have shown their keys. */
export class Certificates {
  readonly #key: TicketPrivateKey;
  readonly #now: () => number;

  constructor(components: { now: () => number }, options: { key: TicketPrivateKey }) {
    this.#now = components.now;
    this.#key = options.key;
  }

  /**
   * A certificate for the node: the one it has while that is in its first half, since a link that
   * flaps would else make a new card for all members each time.
   */
  async certificateFor(card: NodeCard, keys: NodeKeys, held?: string): Promise<string> {
    if (held !== undefined && (await this.#isYoung(held, card, keys))) {
      return held;
    }
    const { nodeId, region, jurisdiction } = card;
    const certificate = { nodeId, region, jurisdiction, ...keys, jti: newUuid() };
    return await signCertificate(this.#key, certificate, this.#now());
  }

  async #isYoung(held: string, card: NodeCard, keys: NodeKeys): Promise<boolean> {
    const known = await this.#read(held, card);
    return (
      known !== undefined &&
      known.peerId === keys.peerId &&
      known.curveKey === keys.curveKey &&
      known.mediaIp === keys.mediaIp &&
      this.#now() / 1000 < known.issued_s + limits.certificate_ttl_s / 2
    );
  }

  /** Undefined where it is not good for that card any more, or another key signed it. */
  async #read(text: string, card: NodeCard): Promise<Certificate | undefined> {
    const { nodeId, region, jurisdiction } = card;
    const expected = { nodeId, region, jurisdiction, now_ms: this.#now() };
    try {
      return await checkCertificate([publicTicketKey(this.#key)], text, expected);
    } catch {
      return undefined;
    }
  }
}
