import { assertNever } from '../../protocol/assert-never.ts';
import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import type { EdgeLog } from '../log.ts';
import type { MeshApi } from './api.ts';
import type { NodeRooms } from './node-rooms.ts';
import type { NodeState, NodeStore } from './node-store.ts';
import { valueOf } from './outcome.ts';

export interface NodeLeaseComponents {
  readonly store: NodeStore;
  readonly mesh: MeshApi;
  readonly rooms: NodeRooms;
  readonly now: () => number;
  /** Calls `check` at that time, though this object be restarted meanwhile. */
  readonly arm: (at_ms: number) => Promise<void>;
  readonly log: EdgeLog;
}

const defaults = {
  /** After Mesh or a room could not be told of a loss. */
  retry_ms: 1_000,
} as const;

/**
 * The lease of one node. It is kept by being heard, which is remembered in memory alone: when the
 * object restarts, the node has a whole lease to be heard again. A closed socket ends no lease.
 */
export class NodeLease {
  readonly #parts: NodeLeaseComponents;
  #state: NodeState;
  #heardAt_ms: number;
  /** The load that Mesh was told last. */
  #told: { load: string; at_ms: number } | undefined;

  constructor(components: NodeLeaseComponents) {
    this.#parts = components;
    this.#state = components.store.state();
    this.#heardAt_ms = components.now();
  }

  /** The card of the node, while the lease of that number is the one that lives. */
  cardOf(lease: number | undefined): NodeCard | undefined {
    return this.#state.state === 'live' && this.#state.lease === lease
      ? this.#state.card
      : undefined;
  }

  /** The node was heard. */
  heard(): void {
    this.#heardAt_ms = this.#parts.now();
  }

  /** A lease for the node: its old one, or a new one for a new run. Answers with its number. */
  register(card: NodeCard): number {
    const before = this.#state;
    const same = before.state === 'live' && before.card.epoch === card.epoch;
    const lease = same ? before.lease : before.lease + 1;
    this.#become({ state: 'live', lease, card });
    this.heard();
    if (!same) {
      const { nodeId, region, epoch } = card;
      this.#parts.log.info('a node has a lease', { nodeId, region, epoch, lease });
    }
    return lease;
  }

  /** Tells Mesh of the registration, and arms the check. Answers all members. */
  async join(lease: number, card: NodeCard, load: NodeLoad): Promise<NodeCard[]> {
    await this.#armNext(0);
    this.#told = { load: JSON.stringify(load), at_ms: this.#parts.now() };
    return await valueOf(this.#parts.mesh.join({ card, load, lease }));
  }

  /** Passes a load on to Mesh, if it is another one and the last was told long enough ago. */
  async report(load: NodeLoad): Promise<void> {
    const state = this.#state;
    const text = JSON.stringify(load);
    const now_ms = this.#parts.now();
    const early = this.#told !== undefined && now_ms - this.#told.at_ms < limits.snapshot_ms;
    if (state.state !== 'live' || early || this.#told?.load === text) {
      return;
    }
    this.#told = { load: text, at_ms: now_ms };
    const { lease, card } = state;
    const { mesh } = this.#parts;
    try {
      if (!(await valueOf(mesh.load({ nodeId: card.nodeId, lease, load })))) {
        await valueOf(mesh.join({ card, load, lease }));
      }
    } catch (thrown) {
      this.#told = undefined;
      throw thrown;
    }
  }

  /** Ends a lease that was not heard for too long, tells those who have to know, and arms the next check. */
  async check(): Promise<void> {
    const { now, log } = this.#parts;
    const state = this.#state;
    if (state.state === 'live' && now() - this.#heardAt_ms >= limits.lease_ms) {
      const { nodeId, region } = state.card;
      log.warn('a node has lost its lease', { nodeId, region, lease: state.lease });
      this.#become({ state: 'lost', lease: state.lease, nodeId, told: false });
    }
    try {
      await this.#tellOfLoss();
    } catch (thrown) {
      log.error('not all were told of a lost lease', thrown);
    }
    await this.#armNext(defaults.retry_ms);
  }

  async #tellOfLoss(): Promise<void> {
    const state = this.#state;
    switch (state.state) {
      case 'unknown':
        return;
      case 'live':
        await this.#parts.rooms.tellOfLoss(state.card.nodeId, state.lease);
        return;
      case 'lost': {
        const { nodeId, lease } = state;
        // Mesh and the rooms at once: a room that is told late keeps streams that are gone.
        await Promise.all([
          this.#leaveMesh(state, { nodeId, lease }),
          this.#parts.rooms.tellOfLoss(nodeId, undefined),
        ]);
        return;
      }
      default:
        assertNever(state);
    }
  }

  async #leaveMesh(
    state: Extract<NodeState, { state: 'lost' }>,
    speaker: { nodeId: string; lease: number },
  ): Promise<void> {
    if (state.told) {
      return;
    }
    await valueOf(this.#parts.mesh.leave(speaker));
    if (this.#state === state) {
      this.#become({ ...state, told: true });
    }
  }

  /** Arms the next check: when the lease ends, or after `delay_ms` where somebody is yet to be told. */
  async #armNext(delay_ms: number): Promise<void> {
    const state = this.#state;
    const live = state.state === 'live';
    const owesNews =
      (state.state === 'lost' && !state.told) ||
      this.#parts.rooms.owesNews(live ? state.lease : undefined);
    const times_ms = [
      ...(owesNews ? [this.#parts.now() + delay_ms] : []),
      ...(live ? [this.#heardAt_ms + limits.lease_ms] : []),
    ];
    if (times_ms.length > 0) {
      await this.#parts.arm(Math.min(...times_ms));
    }
  }

  #become(state: NodeState): void {
    this.#parts.store.saveState(state);
    this.#state = state;
  }
}
