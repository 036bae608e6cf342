import type { Clock } from '../../protocol/clock.ts';
import { TokenBucket } from '../token-bucket.ts';

export interface LinkQuotaOptions {
  /** Links of one node at a time. */
  links: number;
  /** Links that one node may begin in a second, and as many at once as it may have. */
  perSecond: number;
}

export const linkQuota: LinkQuotaOptions = {
  /** A host has 256 ErizoJS processes at the most, and each may be replaced before it is missed. */
  links: 512,
  /** Of a node that lost the way here for a moment all dial at once; after that one dials as its processes come. */
  perSecond: 64,
};

/** How many links the nodes have with one listener: none of them takes what others need. */
export class LinkQuota {
  readonly #clock: Clock;
  readonly #options: LinkQuotaOptions;
  readonly #nodes = new Map<string, { links: number; begins: TokenBucket }>();

  constructor(components: { clock: Clock }, options: LinkQuotaOptions) {
    this.#clock = components.clock;
    this.#options = options;
  }

  /** Whether the node, which has shown who it is, may have another link now; it counts until `release`. */
  take(nodeId: string): boolean {
    const { links, perSecond } = this.#options;
    const node = this.#nodes.get(nodeId) ?? {
      links: 0,
      begins: new TokenBucket({ clock: this.#clock }, { perSecond, burst: links }),
    };
    this.#nodes.set(nodeId, node);
    if (node.links >= links || !node.begins.take()) {
      return false;
    }
    node.links += 1;
    return true;
  }

  release(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node !== undefined) {
      node.links -= 1;
    }
  }

  /** Forgets those that are members no longer and have no link. */
  forget(isMember: (nodeId: string) => boolean): void {
    for (const [nodeId, { links }] of this.#nodes) {
      if (links === 0 && !isMember(nodeId)) {
        this.#nodes.delete(nodeId);
      }
    }
  }
}
