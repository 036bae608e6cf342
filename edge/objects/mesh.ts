import { DurableObject } from 'cloudflare:workers';
import { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { parseJson } from '../../protocol/parse.ts';
import { createLog } from '../log.ts';
import type { MeshSnapshot, NodeSummary } from '../placement/snapshot.ts';
import type { MeshApi, Speaker } from './api.ts';
import type { Bindings } from './stubs.ts';
import { nodeOf } from './stubs.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf } from './outcome.ts';

const log = createLog({ object: 'mesh' });

const defaults = {
  /** After members could not be told: soon, but not in a loop. */
  retry_ms: 1_000,
} as const;

type Row = { node_id: string; lease: number; card: string; load: string };

const tables = `
  CREATE TABLE IF NOT EXISTS regions (region TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS nodes
    (node_id TEXT PRIMARY KEY, lease INTEGER NOT NULL, card TEXT NOT NULL, load TEXT NOT NULL);`;

/** All regions and one row a node, for placement; and the list of members that all nodes hold. */
export class Mesh extends DurableObject<Bindings> implements MeshApi {
  readonly #sql: SqlStorage;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec(tables);
  }

  join(node: { card: NodeCard; load: NodeLoad; lease: number }): Promise<Outcome<NodeCard[]>> {
    return outcomeOf(log, async () => {
      const { nodeId, region } = node.card;
      const card = JSON.stringify(node.card);
      const row = this.#row(nodeId);
      // A call of an older lease that was overtaken must not bring it back.
      if (row === undefined || row.lease <= node.lease) {
        this.#sql.exec('INSERT OR IGNORE INTO regions (region) VALUES (?)', region);
        this.#sql.exec(
          'INSERT OR REPLACE INTO nodes (node_id, lease, card, load) VALUES (?, ?, ?, ?)',
          ...[nodeId, node.lease, card, JSON.stringify(node.load)],
        );
      }
      if (row?.card !== card) {
        log.info('a node joined', { nodeId, region, lease: node.lease });
        await this.#tellMembers();
      }
      return this.#members();
    });
  }

  load(node: Speaker & { load: NodeLoad }): Promise<Outcome<boolean>> {
    return outcomeOf(log, () => {
      const written = this.#sql.exec(
        'UPDATE nodes SET load = ? WHERE node_id = ? AND lease = ?',
        ...[JSON.stringify(node.load), node.nodeId, node.lease],
      );
      return written.rowsWritten > 0;
    });
  }

  leave(speaker: Speaker): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      const { nodeId, lease } = speaker;
      const row = this.#row(nodeId);
      if (row !== undefined && row.lease <= lease) {
        this.#sql.exec('DELETE FROM nodes WHERE node_id = ?', nodeId);
        log.info('a node left', { nodeId, lease });
        await this.#tellMembers();
      }
      return null;
    });
  }

  snapshot(): Promise<Outcome<MeshSnapshot>> {
    return outcomeOf(log, () => ({
      regions: this.#sql
        .exec<{ region: string }>('SELECT region FROM regions ORDER BY region')
        .toArray()
        .map(({ region }) => region),
      nodes: this.#summaries(),
    }));
  }

  /** Tells every node who is in the mesh. An alarm outlives a restart of this object; a task does not. */
  override async alarm(): Promise<void> {
    const nodes = this.#members();
    const told = await Promise.allSettled(
      nodes.map(({ nodeId }) =>
        nodeOf(this.env, nodeId).push({ method: 'mesh.members', params: { nodes } }),
      ),
    );
    const failed = told.filter(({ status }) => status === 'rejected').length;
    if (failed > 0 && (await this.ctx.storage.getAlarm()) === null) {
      log.warn('members could not be told', { failed });
      await this.ctx.storage.setAlarm(Date.now() + defaults.retry_ms);
    }
  }

  async #tellMembers(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now());
  }

  #row(nodeId: string): Row | undefined {
    return this.#sql.exec<Row>('SELECT * FROM nodes WHERE node_id = ?', nodeId).toArray()[0];
  }

  #summaries(): NodeSummary[] {
    const rows = this.#sql.exec<Row>('SELECT * FROM nodes ORDER BY node_id').toArray();
    return rows.map(({ card, load }) => ({
      card: parseJson(NodeCard, card, 'stored card', 'internal'),
      load: parseJson(NodeLoad, load, 'stored load', 'internal'),
    }));
  }

  #members(): NodeCard[] {
    return this.#summaries().map(({ card }) => card);
  }
}
