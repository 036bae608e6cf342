import { assertNever } from '../../protocol/assert-never.ts';
import { ageOf } from '../../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { EdgeLog, Trace } from '../log.ts';
import type { Members, MeshApi } from './api.ts';
import type { NodeLimits } from './node-limits.ts';
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
  /** Keeps the object awake until it is done. */
  readonly background: (task: Promise<void>) => void;
  readonly limits: NodeLimits;
  readonly log: EdgeLog;
}

const defaults = {
  /** After Mesh or a room could not be told of a loss. */
  retry_ms: 1_000,
  /** A check that comes so late was held up with all else here, or the date was set: it is no proof of a silence. */
  late_ms: 50,
  /** Then it is looked again after so long, in which the node is heard if it lives. */
  again_ms: 1.5 * limits.keepAlive_ms,
} as const;

/**
 * The lease of one node. It is kept by being heard, which is remembered in memory alone: when the
 * object restarts, the node has a whole lease to be heard again. A closed socket ends no lease.
 *
 * A Worker has no clock but the date, which jumps when somebody sets it. A check that comes late therefore looks a second time
 * before it believes a silence. After a step back, the next check is armed again.
 */
export class NodeLease {
  readonly #parts: NodeLeaseComponents;
  #state: NodeState;
  #heardAt_ms: number;
  /** A late check found it silent, and nothing was heard since. */
  #isDoubted = false;
  /** When the next check is due; undefined until one was armed since the object started. */
  #checkAt_ms: number | undefined;
  /** The load that Mesh was told last. */
  #told: { load: string; draining: boolean; at_ms: number } | undefined;

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

  /** The key of the node, while the lease of that number is the one that lives. */
  keyOf(lease: number | undefined): string | undefined {
    return this.#state.state === 'live' && this.#state.lease === lease
      ? this.#state.peerId
      : undefined;
  }

  /** The node was heard. */
  heard(): void {
    const now_ms = this.#parts.now();
    const isSetBack = now_ms < this.#heardAt_ms;
    this.#heardAt_ms = now_ms;
    this.#isDoubted = false;
    if (isSetBack && this.#state.state === 'live') {
      this.#parts.background(this.#armNext(0));
    }
  }

  /** The card that a node of that key has here, while its lease lives. */
  cardUnder(peerId: string): NodeCard | undefined {
    return this.#state.state === 'live' && this.#state.peerId === peerId
      ? this.#state.card
      : undefined;
  }

  /**
   * A lease for the node: its old one, or a new one for a new run. Answers with its number. `keysEnd`: it keeps its key
   * for this run alone. Throws `rate_limited`, and as `admit`.
   */
  register(card: NodeCard, { peerId, keysEnd }: { peerId: string; keysEnd: boolean }): number {
    this.admit(card, peerId);
    const before = this.#state;
    const same = before.state === 'live' && before.card.epoch === card.epoch;
    if (!same || JSON.stringify(before.card) !== JSON.stringify(card)) {
      this.#parts.limits.demand('changes');
    }
    const lease = same ? before.lease : before.lease + 1;
    const boundUntil_ms = keysEnd ? 0 : this.#boundFromNow_ms();
    this.#become({ state: 'live', lease, card, peerId, boundUntil_ms });
    this.heard();
    if (!same) {
      const { nodeId, region, epoch } = card;
      this.#parts.log.info('a node has a lease', { nodeId, region, epoch, lease });
    }
    return lease;
  }

  /**
   * Throws `certificate_revoked`, and `conflict` while a node with another key has the lease, or a certificate under this
   * ID that may be good: another machine that can enrol must not take the place of a node that restarts.
   */
  admit({ nodeId }: NodeCard, peerId: string): void {
    const { store, now } = this.#parts;
    if (store.isRevoked(peerId)) {
      throw revokedError(nodeId);
    }
    const state = this.#state;
    if (state.state === 'unknown' || (state.peerId ?? peerId) === peerId) {
      return;
    }
    const lives = state.state === 'live' && now() - this.#heardAt_ms < limits.lease_ms;
    if (lives || now() < state.boundUntil_ms) {
      throw new RizomaError(
        'conflict',
        `another node is ${nodeId}, under another key: give this one a RIZOMA_NODE_ID of its own; where it ` +
          `is the same host that has lost its keys, DELETE /nodes/${nodeId} at the edge lets it in`,
      );
    }
  }

  #boundFromNow_ms(): number {
    return this.#parts.now() + (limits.certificate_ttl_s + limits.clockSkew_s) * 1000;
  }

  /** Another certificate for the node that has the lease of that number. */
  async renew(lease: number, certificate: string): Promise<void> {
    const state = this.#state;
    if (state.state !== 'live' || state.lease !== lease) {
      throw new RizomaError('conflict', 'the lease has ended: register again');
    }
    if (state.card.certificate === certificate) {
      return;
    }
    this.#parts.limits.demand('changes');
    const card = { ...state.card, certificate };
    const boundUntil_ms = state.boundUntil_ms === 0 ? 0 : this.#boundFromNow_ms();
    this.#become({ ...state, card, boundUntil_ms });
    await valueOf(this.#parts.mesh.renew({ card, lease }));
  }

  /** The node says goodbye: its lease ends now. Mesh knows when this resolves, the rooms soon after. */
  async end(lease: number | undefined): Promise<void> {
    if (this.cardOf(lease) !== undefined) {
      this.#lose('info', 'a node said goodbye');
      await this.check();
    }
  }

  /**
   * No node comes back under the key that this one has, or had last, and its id is free for another one. Answers the
   * key; throws `not_found`.
   */
  revoke(trace?: Trace): { nodeId: string; peerId: string } {
    const state = this.#state;
    if (state.state === 'unknown' || state.peerId === undefined) {
      throw new RizomaError('not_found', 'no node of that id has ever been here');
    }
    const { peerId } = state;
    this.#parts.store.revoke(peerId);
    if (state.state === 'live') {
      this.#lose('warn', 'a node was revoked', trace);
    }
    const lost = this.#state;
    if (lost.state === 'lost') {
      this.#become({ ...lost, boundUntil_ms: 0 });
    }
    return { nodeId: state.state === 'live' ? state.card.nodeId : state.nodeId, peerId };
  }

  /** How long ago the node was heard. */
  get silence_ms(): number {
    return Math.max(0, this.#parts.now() - this.#heardAt_ms);
  }

  /** Tells Mesh of the registration, and arms the check. Answers all members. */
  async join(lease: number, card: NodeCard, load: NodeLoad): Promise<Members> {
    await this.#armNext(0);
    this.#told = toldOf(load, this.#parts.now());
    return await valueOf(this.#parts.mesh.join({ card, load, lease }));
  }

  /**
   * Passes a load on to Mesh, if it is another one and the last was told long enough ago; the last word of a node that
   * says too much is told with a later keep-alive. `urgent`: the operator waits for it.
   */
  async report(load: NodeLoad, { urgent = false } = {}): Promise<void> {
    const state = this.#state;
    const news = toldOf(load, this.#parts.now());
    const told = this.#told;
    if (state.state !== 'live' || told?.load === news.load) {
      return;
    }
    const early = told !== undefined && ageOf(told.at_ms, news.at_ms) < limits.snapshot_ms;
    // Whether new clients may come is known at once.
    const isNow =
      urgent || (told?.draining !== news.draining && this.#parts.limits.takes('drains'));
    if (early && !isNow) {
      return;
    }
    this.#told = news;
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
    const now_ms = this.#parts.now();
    const isLate = now_ms - (this.#checkAt_ms ?? now_ms) > defaults.late_ms;
    if (isLate && !this.#isDoubted && this.silence_ms >= limits.lease_ms) {
      this.#isDoubted = true;
      this.#heardAt_ms = now_ms - limits.lease_ms + defaults.again_ms;
    }
    if (this.#state.state === 'live' && this.silence_ms >= limits.lease_ms) {
      this.#lose('warn', 'a node has lost its lease');
    }
    try {
      await this.#tellOfLoss();
    } catch (thrown) {
      this.#parts.log.error('not all were told of a lost lease', thrown);
    }
    await this.#armNext(defaults.retry_ms);
  }

  #lose(level: 'info' | 'warn', how: string, trace?: Trace): void {
    const state = this.#state;
    if (state.state === 'live') {
      const { lease, peerId, boundUntil_ms } = state;
      const { nodeId, region } = state.card;
      this.#parts.log[level](how, { nodeId, region, lease, ...trace });
      const key = peerId === undefined ? {} : { peerId };
      this.#become({ state: 'lost', lease, nodeId, boundUntil_ms, told: false, ...key });
    }
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
      this.#checkAt_ms = Math.min(...times_ms);
      await this.#parts.arm(this.#checkAt_ms);
    }
  }

  #become(state: NodeState): void {
    this.#parts.store.saveState(state);
    this.#state = state;
  }
}

function toldOf(load: NodeLoad, at_ms: number): { load: string; draining: boolean; at_ms: number } {
  return { load: JSON.stringify(load), draining: load.draining === true, at_ms };
}

export function revokedError(nodeId: string): RizomaError {
  return new RizomaError(
    'certificate_revoked',
    `the key of ${nodeId} was revoked: where the host is trusted again, empty its RIZOMA_STATE_DIR`,
  );
}
