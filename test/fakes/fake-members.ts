import type { Members } from '../../nodes/mesh/members.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';

/** Members as a test sets them. */
export class FakeMembers implements Members {
  #cards: NodeCard[] = [];
  #loads: ReadonlyMap<string, SaidLoad> = new Map();
  readonly #listeners = new Set<() => void>();

  set(cards: NodeCard[]): void {
    this.#cards = cards;
    for (const changed of this.#listeners) {
      changed();
    }
  }

  say(loads: Record<string, SaidLoad>): void {
    this.#loads = new Map(Object.entries(loads));
  }

  loads(): ReadonlyMap<string, SaidLoad> {
    return this.#loads;
  }

  agentsOf(region: string): readonly NodeCard[] {
    return this.#cards.filter((card) => card.region === region && card.agent !== undefined);
  }

  all(): readonly NodeCard[] {
    return this.#cards;
  }

  node(nodeId: string): NodeCard | undefined {
    return this.#cards.find((card) => card.nodeId === nodeId);
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }
}
