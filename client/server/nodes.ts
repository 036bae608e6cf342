import type { NodeAnswer, NodeDetailAnswer } from '../../protocol/contracts/nodes.ts';
import type { Caller } from './caller.ts';

/** Nodes of the deployment, for the superservice alone; others are refused as `unauthorized`. */
export class Nodes {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  /** All that have a lease, by their ids. */
  async list(): Promise<NodeAnswer[]> {
    return (await this.#caller.call('/nodes', 'GET', {})).value.nodes;
  }

  async get(nodeId: string): Promise<NodeDetailAnswer> {
    return (await this.#caller.call('/nodes/:nodeId', 'GET', { parameters: { nodeId } })).value;
  }

  /** It takes no new clients, and ends when those it has are gone or its time for that is over. */
  async drain(nodeId: string): Promise<NodeDetailAnswer> {
    const call = { parameters: { nodeId } };
    return (await this.#caller.call('/nodes/:nodeId/drain', 'POST', call)).value;
  }

  /** Throws `conflict` where its own host ends it. */
  async undoDrain(nodeId: string): Promise<NodeDetailAnswer> {
    const call = { parameters: { nodeId } };
    return (await this.#caller.call('/nodes/:nodeId/drain', 'DELETE', call)).value;
  }

  /** Its key is refused from now on: the lease and the link end at once. */
  async revoke(nodeId: string): Promise<void> {
    await this.#caller.call('/nodes/:nodeId', 'DELETE', { parameters: { nodeId } });
  }
}
