import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';
import { Listeners } from '../listeners.ts';
import type { Log } from '../log.ts';
import type { Believed, CheckCards } from './card-check.ts';
import type { Edge } from './edge.ts';
import type { Members } from './members.ts';

/** Whom to believe now, and the peer ids of keys that were revoked. */
export type OnBelieved = (believed: readonly Believed[], revoked: ReadonlySet<string>) => void;

export interface StaticMembersComponents {
  log: Log;
  card: NodeCard;
  edge: Pick<Edge, 'listen'>;
  check: CheckCards;
  onBelieved: OnBelieved;
}

const noLoads: ReadonlyMap<string, SaidLoad> = new Map();

interface Heard {
  nodes: readonly NodeCard[];
  revoked: readonly string[];
}

/**
 * The members as the edge names them, so far as they are believed. While the edge is away the last ones
 * stay, as a node that is gone is noticed by whoever calls it. This node is always a member, by its own
 * card.
 */
export class StaticMembers implements Members {
  readonly #own: NodeCard;
  readonly #check: CheckCards;
  readonly #onBelieved: OnBelieved;
  readonly #listeners: Listeners;
  #nodes: ReadonlyMap<string, NodeCard>;
  /** What the edge said last. */
  #heard: Heard | undefined;
  #stopListening: (() => void) | undefined;

  constructor(components: Omit<StaticMembersComponents, 'edge'>) {
    this.#listeners = new Listeners(components, { what: 'members that the edge names' });
    this.#own = components.card;
    this.#check = components.check;
    this.#onBelieved = components.onBelieved;
    this.#nodes = new Map([[this.#own.nodeId, this.#own]]);
  }

  static create(components: StaticMembersComponents): StaticMembers {
    const members = new StaticMembers(components);
    members.#stopListening = components.edge.listen({
      members: (nodes, revoked) => void members.#consider({ nodes, revoked }),
      // The list comes before the answer that brings the key to check it with.
      linked: () => void members.#consider(members.#heard),
    });
    return members;
  }

  agentsOf(region: string): readonly NodeCard[] {
    return [...this.#nodes.values()].filter(
      (node) => node.region === region && node.agent !== undefined,
    );
  }

  all(): readonly NodeCard[] {
    return [...this.#nodes.values()];
  }

  node(nodeId: string): NodeCard | undefined {
    return this.#nodes.get(nodeId);
  }

  /** The edge keeps to itself how busy nodes are. */
  loads(): ReadonlyMap<string, SaidLoad> {
    return noLoads;
  }

  onChange(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  close(): void {
    this.#stopListening?.();
    this.#heard = undefined;
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #consider(heard: Heard | undefined): Promise<void> {
    this.#heard = heard;
    if (heard === undefined) {
      return;
    }
    const revoked = new Set(heard.revoked);
    const believed = await this.#check(heard.nodes, revoked);
    // Something newer may have come meanwhile, and be known already.
    if (this.#heard === heard) {
      // The keys first: whoever hears of a node may call it at once.
      this.#onBelieved(believed, revoked);
      this.#become(believed.map(({ card }) => card));
    }
  }

  #become(nodes: readonly NodeCard[]): void {
    // The edge may still name an earlier run of this node.
    const next = new Map([...nodes, this.#own].map((node) => [node.nodeId, node]));
    if (sameNodes(this.#nodes, next)) {
      return;
    }
    this.#nodes = next;
    this.#listeners.tell();
  }
}

function sameNodes(
  before: ReadonlyMap<string, NodeCard>,
  after: ReadonlyMap<string, NodeCard>,
): boolean {
  return (
    before.size === after.size &&
    [...after].every(([id, node]) => JSON.stringify(before.get(id)) === JSON.stringify(node))
  );
}
