import { assertNever } from '../../protocol/assert-never.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type { Gossip as GossipContract, KnownCard } from '../../protocol/contracts/gossip.ts';
import { gossip } from '../../protocol/contracts/gossip.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { encodeFrame } from '../../protocol/frame.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Log } from '../log.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { GossipEvent, GossipMessage } from './gossip-state.ts';
import type { LinkScene } from './link-plan.ts';
import type { PeerAddress } from './peer.ts';
import { Rests } from './rests.ts';

type Rpc = RpcPeer<GossipContract, GossipContract>;

interface Neighbour {
  rpc: Rpc;
  /** By this node. */
  isDialled: boolean;
  /** The other said that it hangs up. */
  hasParted: boolean;
}

export interface GossipLinksComponents {
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
  transport: { dial(address: PeerAddress): Promise<Link> };
  nodeOf: (peerId: string) => string | undefined;
  refused: (code: ErrorCode) => void;
  feed: (event: GossipEvent) => void;
  onNews: (from: string, cards: readonly string[], doubted: readonly KnownCard[]) => void;
}

const defaults = {
  /** Messages of one neighbour: seven a second are usual, and more when much happens. */
  messages_perSecond: 50,
  /** Cards of one neighbour, whose signatures cost some 0.3 ms each; a whole mesh at once when it is new. */
  cards_perSecond: 200,
  /** Doubts of one neighbour, each of which has a node speak to all; those of a whole mesh at once where it falls apart. */
  doubts_perSecond: 50,
  /** Who said too much is not listened to so long. */
  shun_ms: 60_000,
} as const;

/** The links of this node with its neighbours: one with each. */
export class GossipLinks {
  readonly #parts: GossipLinksComponents;
  readonly #self: string;
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #rests: Rests;
  /** Until when a node is not listened to. */
  readonly #shunned = new Map<string, number>();
  #closed = false;

  constructor(components: GossipLinksComponents, options: { nodeId: string }) {
    this.#parts = components;
    this.#self = options.nodeId;
    this.#rests = new Rests(components);
  }

  /** How things stand with the nodes that are there or may be. */
  scene(nodes: ReadonlySet<string>): Pick<LinkScene, 'linked' | 'dialled' | 'resting'> {
    const now_ms = this.#parts.clock.now();
    for (const [node, until_ms] of this.#shunned) {
      if (until_ms <= now_ms) {
        this.#shunned.delete(node);
      }
    }
    const all = [...this.#neighbours];
    return {
      linked: new Set(all.map(([node]) => node)),
      dialled: new Set(all.filter(([, { isDialled }]) => isDialled).map(([node]) => node)),
      resting: this.#rests.resting(nodes).union(new Set(this.#shunned.keys())),
    };
  }

  /** The node was heard of anew: it is not left alone for what was before. */
  revive(node: string): void {
    this.#rests.end(node);
  }

  /** Links with the node, or lets it rest for a while that depends on how many are there. */
  async dial(node: string, address: PeerAddress | undefined, here: number): Promise<void> {
    const { transport, feed, log } = this.#parts;
    this.#rests.begin(node, here);
    if (address === undefined) {
      return;
    }
    try {
      const link = await transport.dial(address);
      this.#rests.end(node);
      this.#adopt(node, link, true);
    } catch (thrown) {
      log.debug({ err: thrown, node }, 'a node could not be reached');
      feed({ is: 'unreached', node });
    }
  }

  accept(peerId: string, link: Link): void {
    const node = this.#parts.nodeOf(peerId);
    if (node === undefined || this.#shunned.has(node)) {
      dismiss(link);
      return;
    }
    this.#adopt(node, link, false);
  }

  send(to: string, message: GossipMessage): void {
    this.#quietly(to, (rpc) => {
      switch (message.is) {
        case 'beat':
          rpc.notify('gossip.beat', { sum: message.sum });
          return;
        case 'news':
          rpc.notify('gossip.news', { cards: [...message.cards], doubted: [...message.doubted] });
          return;
        case 'have':
          rpc.notify('gossip.have', { cards: [...message.cards] });
          return;
        default:
          assertNever(message);
      }
    });
  }

  /** Hangs up in order: the other is told that nobody is lost. */
  part(node: string): void {
    this.#quietly(node, (rpc) => rpc.notify('gossip.part', {}));
    this.drop(node);
    this.#parts.feed({ is: 'unlinked', node, parted: true });
  }

  drop(node: string): void {
    const neighbour = this.#neighbours.get(node);
    this.#neighbours.delete(node);
    neighbour?.rpc.close();
  }

  close(): void {
    for (const node of [...this.#neighbours.keys()]) {
      this.part(node);
    }
    this.#closed = true;
  }

  /** Of two links with one node, as both may dial at once, both keep the one that the lower id dialled. */
  #adopt(node: string, link: Link, isDialled: boolean): void {
    const before = this.#neighbours.get(node);
    const isOurs = this.#self < node;
    const isSecond = before !== undefined && before.isDialled !== isDialled;
    if (this.#closed || (isSecond && isDialled !== isOurs)) {
      dismiss(link);
      return;
    }
    const neighbour = this.#converse(node, link, isDialled);
    this.#neighbours.set(node, neighbour);
    before?.rpc.close();
    if (neighbour.rpc.ended === undefined) {
      this.#parts.feed({ is: 'linked', node });
    } else {
      this.#neighbours.delete(node);
    }
  }

  #converse(node: string, link: Link, isDialled: boolean): Neighbour {
    const { clock, log, refused } = this.#parts;
    const neighbour: Pick<Neighbour, 'hasParted'> = { hasParted: false };
    const rpc: Rpc = RpcPeer.create(
      { link, clock, handlers: this.#handlers(node, neighbour) },
      {
        outgoing: gossip,
        incoming: gossip,
        onFault: (fault, method) => {
          refused(fault.code);
          log.warn({ err: fault, method, node }, 'fault of a neighbour');
        },
        onEnd: () => this.#onEnd(node, rpc, neighbour.hasParted),
      },
    );
    return Object.assign(neighbour, { rpc, isDialled });
  }

  /** Whoever does not read, or is gone, is noticed by its silence. */
  #quietly(node: string, tell: (rpc: Rpc) => void): void {
    const rpc = this.#neighbours.get(node)?.rpc;
    try {
      if (rpc !== undefined) {
        tell(rpc);
      }
    } catch (thrown) {
      this.#parts.log.debug({ err: thrown, node }, 'a neighbour could not be told');
    }
  }

  #onEnd(node: string, rpc: Rpc, parted: boolean): void {
    if (this.#neighbours.get(node)?.rpc === rpc) {
      this.#neighbours.delete(node);
      this.#parts.feed({ is: 'unlinked', node, parted });
    }
  }

  #handlers(node: string, neighbour: { hasParted: boolean }): Handlers<GossipContract> {
    const { clock, feed, onNews } = this.#parts;
    const messages = new TokenBucket({ clock }, { perSecond: defaults.messages_perSecond });
    const cards = new TokenBucket(
      { clock },
      { perSecond: defaults.cards_perSecond, burst: limits.members },
    );
    const doubts = new TokenBucket(
      { clock },
      { perSecond: defaults.doubts_perSecond, burst: limits.members },
    );
    /** Whether it may be heard; who says too much is cut off. */
    const admits = (): boolean => messages.take() || this.#shun(node);
    return {
      'gossip.beat': ({ sum }) => admits() && feed({ is: 'beat', from: node, sum }),
      'gossip.news': (news) => {
        if (admits()) {
          const taken = news.cards.filter(() => cards.take());
          const doubted = news.doubted.filter(() => doubts.take());
          const all = news.cards.length + news.doubted.length;
          this.#countRefused(all - taken.length - doubted.length);
          onNews(node, taken, doubted);
        }
      },
      'gossip.have': (have) => admits() && feed({ is: 'have', from: node, cards: have.cards }),
      'gossip.part': () => {
        neighbour.hasParted = true;
      },
    };
  }

  #countRefused(count: number): void {
    for (let refused = 0; refused < count; refused += 1) {
      this.#parts.refused('rate_limited');
    }
  }

  #shun(node: string): false {
    const { clock, log, refused } = this.#parts;
    refused('rate_limited');
    if (this.#neighbours.has(node)) {
      log.warn({ node }, 'a neighbour that says too much is cut off');
      this.#shunned.set(node, clock.now() + defaults.shun_ms);
      this.part(node);
    }
    return false;
  }
}

/** Hangs up without having spoken: nobody is lost by it. */
function dismiss(link: Link): void {
  try {
    link.send(encodeFrame({ t: 'notify', method: 'gossip.part', params: {} }));
  } catch {
    // It has ended by itself.
  }
  link.close();
}
