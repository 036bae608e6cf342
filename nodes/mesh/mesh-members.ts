import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';
import { Listeners } from '../listeners.ts';
import type { Log } from '../log.ts';
import type { Entry, GossipState } from './gossip-state.ts';
import { hereIn, isHere } from './gossip-state.ts';
import type { Members } from './members.ts';

/** Whom the edge names, and whether it could say so if that changed. */
interface Listed {
  all(): readonly NodeCard[];
  onChange(changed: () => void): () => void;
}

interface Heard {
  readonly state: GossipState;
  onChange(changed: () => void): () => void;
}

export interface MeshMembersComponents {
  log: Log;
  /** The card of this node, which is always a member. */
  card: NodeCard;
  listed: Listed;
  gossip: Heard;
  edge: { readonly linked: boolean };
}

/**
 * The members: whom the edge names and who is heard in the mesh. While the edge is away nobody stays for having
 * been named once whom the mesh has lost, or who said goodbye to it.
 */
export class MeshMembers implements Members {
  readonly #parts: MeshMembersComponents;
  readonly #listeners: Listeners;
  readonly #stops: (() => void)[] = [];
  #nodes: ReadonlyMap<string, NodeCard>;
  /** Of these cards. */
  #loads: { of: GossipState['cards']; map: ReadonlyMap<string, SaidLoad> } | undefined;

  constructor(components: MeshMembersComponents) {
    this.#parts = components;
    this.#listeners = new Listeners(components, { what: 'members' });
    this.#nodes = new Map([[components.card.nodeId, components.card]]);
  }

  static create(components: MeshMembersComponents): MeshMembers {
    const members = new MeshMembers(components);
    const { listed, gossip } = components;
    members.#stops.push(
      listed.onChange(() => members.look()),
      gossip.onChange(() => members.look()),
    );
    return members;
  }

  agentsOf(region: string): readonly NodeCard[] {
    return this.all().filter((node) => node.region === region && node.agent !== undefined);
  }

  all(): readonly NodeCard[] {
    return [...this.#nodes.values()];
  }

  node(nodeId: string): NodeCard | undefined {
    return this.#nodes.get(nodeId);
  }

  loads(): ReadonlyMap<string, SaidLoad> {
    const { state } = this.#parts.gossip;
    if (this.#loads?.of !== state.cards) {
      const said = hereIn(state).flatMap(({ nodeId, load }) =>
        load === undefined ? [] : [[nodeId, load] as const],
      );
      this.#loads = { of: state.cards, map: new Map(said) };
    }
    return this.#loads.map;
  }

  onChange(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  /** The edge is there again, or is away: what it said counts more, or less. */
  look(): void {
    const { card, listed, gossip, edge } = this.#parts;
    const next = unionOf(listed.all(), gossip.state, edge.linked);
    next.set(card.nodeId, card);
    if (isSame(this.#nodes, next)) {
      return;
    }
    this.#nodes = next;
    this.#listeners.tell();
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) {
      stop();
    }
    this.#listeners.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Of two cards of a node the edge's counts while it is there to change it. */
function unionOf(
  listed: readonly NodeCard[],
  gossip: GossipState,
  isLinked: boolean,
): Map<string, NodeCard> {
  const nodes = new Map(
    listed
      .filter((card) => !isOut(card, gossip.cards.get(card.nodeId), isLinked))
      .map((card) => [card.nodeId, card]),
  );
  for (const [nodeId, entry] of gossip.cards) {
    if (isHere(entry) && !(isLinked && nodes.has(nodeId))) {
      nodes.set(nodeId, entry.heard.card);
    }
  }
  return nodes;
}

function isOut(card: NodeCard, entry: Entry | undefined, isLinked: boolean): boolean {
  const isOfThisRun = entry?.heard.card.epoch === card.epoch;
  return (isOfThisRun && entry.is === 'gone') || (!isLinked && entry?.is === 'lost');
}

function isSame(
  before: ReadonlyMap<string, NodeCard>,
  after: ReadonlyMap<string, NodeCard>,
): boolean {
  return (
    before.size === after.size &&
    [...after].every(([id, card]) => {
      const known = before.get(id);
      return known === card || JSON.stringify(known) === JSON.stringify(card);
    })
  );
}
