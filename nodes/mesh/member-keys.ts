import type { Certificate, MemberKey } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';

/**
 * The keys of all that were certified. A node keeps its place here while its certificate is good and not
 * revoked, also where it is no member for the moment: one that lost the edge carries media still.
 */
export class MemberKeys {
  readonly #clock: Clock;
  readonly #most: number;
  /** In the order in which the nodes came. */
  #known: ReadonlyMap<string, Certificate> = new Map();
  /** The same by libp2p's names, of which each connection asks at each change. */
  #byPeer: ReadonlyMap<string, Certificate> = new Map();

  constructor(
    components: { clock: Clock },
    options: { members: number } = { members: limits.members },
  ) {
    this.#clock = components.clock;
    this.#most = options.members;
  }

  /** libp2p's name for a node; undefined where it is no member. */
  peerIdOf(nodeId: string): string | undefined {
    return this.#known.get(nodeId)?.peerId;
  }

  /** The member that has the key of that name. */
  nodeOf(peerId: string): string | undefined {
    return this.#byPeer.get(peerId)?.nodeId;
  }

  /** Whether it is the name of a member's key that is good still. */
  hasPeer(peerId: string): boolean {
    const known = this.#byPeer.get(peerId);
    return known !== undefined && known.expires_s + limits.clockSkew_s > this.#clock.date() / 1000;
  }

  /**
   * Takes these in, the newest of each node, and drops what is not good any more. Of more nodes than there may be those
   * that came last are left out: whoever can enrol many must not push out the others. Answers all.
   */
  take(certificates: readonly Certificate[], revoked: ReadonlySet<string>): MemberKey[] {
    const now_s = this.#clock.date() / 1000;
    const known = new Map<string, Certificate>();
    for (const certificate of [...this.#known.values(), ...certificates]) {
      const { nodeId, peerId, issued_s, expires_s } = certificate;
      const isGood = !revoked.has(peerId) && expires_s + limits.clockSkew_s > now_s;
      const other = known.get(nodeId);
      const isNewer = other === undefined ? known.size < this.#most : issued_s >= other.issued_s;
      if (isGood && isNewer) {
        known.set(nodeId, certificate);
      }
    }
    this.#known = known;
    this.#byPeer = new Map([...known.values()].map((each) => [each.peerId, each]));
    return [...known.values()].map(keyOf);
  }
}

function keyOf({ jurisdiction, ...certificate }: Certificate): MemberKey {
  const { nodeId, region, curveKey, mediaIp, expires_s } = certificate;
  const place = jurisdiction === undefined ? { region } : { region, jurisdiction };
  return { nodeId, ...place, curveKey, mediaIp, expires_s };
}
