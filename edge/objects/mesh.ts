import { DurableObject } from 'cloudflare:workers';
import { ageOf } from '../../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import type { NodeAnswer } from '../../protocol/contracts/nodes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { createLog } from '../log.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import type { Members, MeshApi, Speaker } from './api.ts';
import { MeshStore } from './mesh-store.ts';
import { nodeAnswer } from './node-answer.ts';
import { revokedError } from './node-lease.ts';
import type { Bindings } from './stubs.ts';
import { nodeOf } from './stubs.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf } from './outcome.ts';

const log = createLog({ object: 'mesh' });

const defaults = {
  /** After members could not be told: soon, but not in a loop. */
  retry_ms: 1_000,
  /** Nodes are told who is there no more often: each is told of all, so that what comes together goes together. */
  pause_ms: 250,
} as const;

/** All regions and one row a node, for placement; and the list of members that all nodes hold. */
export class Mesh extends DurableObject<Bindings> implements MeshApi {
  readonly #store: MeshStore;
  #toldAt_ms = 0;
  /** The snapshot as a text, until something changes: all isolates ask for it again and again. */
  #kept: { version: number; snapshot: Outcome<MeshPicture> } | undefined;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#store = new MeshStore({ sql: context.storage.sql });
    this.#store.makeTables();
  }

  join(node: { card: NodeCard; load: NodeLoad; lease: number }): Promise<Outcome<Members>> {
    return outcomeOf(log, async () => {
      if (this.#store.putNode(node, Date.now())) {
        const { nodeId, region } = node.card;
        log.info('a node joined', { nodeId, region, lease: node.lease });
        await this.#tellMembers();
      }
      return this.#members();
    });
  }

  renew({ card, lease }: { card: NodeCard; lease: number }): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      if (!this.#store.putCard(card, lease, Date.now())) {
        throw new RizomaError('conflict', 'the mesh does not have this node: register it again');
      }
      await this.#tellMembers();
      return null;
    });
  }

  load({ nodeId, lease, load }: Speaker & { load: NodeLoad }): Promise<Outcome<boolean>> {
    return outcomeOf(log, () => this.#store.putLoad(load, nodeId, lease));
  }

  leave({ nodeId, lease }: Speaker): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      if (this.#store.removeNode(nodeId, lease)) {
        log.info('a node left', { nodeId, lease });
        await this.#tellMembers();
      }
      return null;
    });
  }

  admits({ nodeId, peerId }: { nodeId: string; peerId: string }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      if (this.#store.isRevoked(peerId)) {
        throw revokedError(nodeId);
      }
      return null;
    });
  }

  revoke(key: { nodeId: string; peerId: string }): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      const at_ms = Date.now();
      const certificate_ms = (limits.certificate_ttl_s + limits.clockSkew_s) * 1000;
      this.#store.revoke(key, { at_ms, until_ms: at_ms + certificate_ms });
      log.warn('a key was revoked', key);
      await this.#tellMembers();
      return null;
    });
  }

  nodes(): Promise<Outcome<NodeAnswer[]>> {
    return outcomeOf(log, () => this.#store.nodes().map((node) => nodeAnswer(node, Date.now())));
  }

  async snapshot(): Promise<Outcome<MeshPicture>> {
    const { version } = this.#store;
    if (this.#kept?.version === version) {
      return this.#kept.snapshot;
    }
    let isWhole = false;
    const snapshot = await outcomeOf(log, () => {
      const nodes = this.#store.nodes().map(({ card, load }) => ({ card, load }));
      const picture = { regions: this.#store.regions(), nodes, revoked: this.#store.revokedKeys() };
      isWhole = true;
      return picture;
    });
    this.#kept = isWhole ? { version, snapshot } : undefined;
    return snapshot;
  }

  /** Tells every node who is in the mesh. An alarm outlives a restart of this object; a task does not. */
  override async alarm(): Promise<void> {
    this.#toldAt_ms = Date.now();
    const members = this.#members();
    const told = await Promise.allSettled(
      members.nodes.map(({ nodeId }) =>
        nodeOf(this.env, nodeId).push({ method: 'mesh.members', params: members }),
      ),
    );
    const failed = told.filter(({ status }) => status === 'rejected').length;
    if (failed > 0 && (await this.ctx.storage.getAlarm()) === null) {
      log.warn('members could not be told', { failed });
      await this.ctx.storage.setAlarm(Date.now() + defaults.retry_ms);
    }
  }

  async #tellMembers(): Promise<void> {
    const now_ms = Date.now();
    const wait_ms = Math.max(0, defaults.pause_ms - ageOf(this.#toldAt_ms, now_ms));
    await this.ctx.storage.setAlarm(now_ms + wait_ms);
  }

  #members(): Members {
    const nodes = this.#store.nodes().map(({ card }) => card);
    return { nodes, revoked: this.#store.revoked(Date.now()) };
  }
}
