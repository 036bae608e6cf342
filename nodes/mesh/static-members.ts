import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { Edge } from './edge.ts';
import type { Members } from './members.ts';

/**
 * The members as the edge names them. While the edge is away the last ones stay, as a node that
 * is gone is noticed by whoever calls it. This node is always a member, by its own card.
 */
export class StaticMembers implements Members {
  readonly #own: NodeCard;
  readonly #listeners = new Set<() => void>();
  #nodes: ReadonlyMap<string, NodeCard>;
  #stopListening: (() => void) | undefined;

  constructor(components: { card: NodeCard }) {
    this.#own = components.card;
    this.#nodes = new Map([[this.#own.nodeId, this.#own]]);
  }

  static create(components: { card: NodeCard; edge: Pick<Edge, 'listen'> }): StaticMembers {
    const members = new StaticMembers(components);
    members.#stopListening = components.edge.listen({
      members: (nodes) => members.#onMembers(nodes),
    });
    return members;
  }

  agentsOf(region: string): readonly NodeCard[] {
    return [...this.#nodes.values()].filter(
      (node) => node.region === region && node.agent !== undefined,
    );
  }

  node(nodeId: string): NodeCard | undefined {
    return this.#nodes.get(nodeId);
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  close(): void {
    this.#stopListening?.();
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #onMembers(nodes: readonly NodeCard[]): void {
    // The edge may still name an earlier run of this node.
    const next = new Map([...nodes, this.#own].map((node) => [node.nodeId, node]));
    if (sameNodes(this.#nodes, next)) {
      return;
    }
    this.#nodes = next;
    for (const changed of this.#listeners) {
      changed();
    }
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
