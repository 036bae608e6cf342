import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';

/** Who is in the mesh, as this node knows it. */
export interface Members {
  /** The nodes of a region that run an agent, this one among them. */
  agentsOf(region: string): readonly NodeCard[];
  /** All nodes, this one among them. */
  all(): readonly NodeCard[];
  /** A node by its id, or undefined where it is not a member. */
  node(nodeId: string): NodeCard | undefined;
  /**
   * How busy members are and which ways they measured, by the ids of those that say so in the mesh: for this
   * node as it said so itself. The same map until somebody says something else.
   */
  loads(): ReadonlyMap<string, SaidLoad>;
  /** Calls `changed` after each change; the answer ends that. */
  onChange(changed: () => void): () => void;
}
