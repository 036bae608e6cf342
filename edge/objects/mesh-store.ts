import { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { NodeSummary, RevokedKey } from '../placement/snapshot.ts';

type Row = { node_id: string; lease: number; card: string; load: string };

const tables = `
  CREATE TABLE IF NOT EXISTS regions (region TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS nodes
    (node_id TEXT PRIMARY KEY, lease INTEGER NOT NULL, card TEXT NOT NULL, load TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS leases
    (node_id TEXT PRIMARY KEY, lease INTEGER NOT NULL, since_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS certified (node_id TEXT PRIMARY KEY, until_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS revoked
    (peer_id TEXT PRIMARY KEY, node_id TEXT NOT NULL, at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL);`;

/** A node, the lease that it has, and since when. */
export interface Leased extends NodeSummary {
  readonly lease: number;
  readonly since_ms: number;
}

/** How many there may be; of members, with those that left while a certificate of theirs may be good. */
export type MeshBounds = Readonly<Record<'nodes' | 'regions' | 'members', number>>;

/** What the Mesh object keeps in its SQLite. */
export class MeshStore {
  readonly #sql: SqlStorage;
  readonly #most: MeshBounds;
  /** Rows as they were read last: one load of many has changed since, and a card hardly ever does. */
  readonly #read = { cards: new Map<string, NodeCard>(), loads: new Map<string, NodeLoad>() };
  #version = 0;

  constructor(components: { sql: SqlStorage }, options: { most: MeshBounds } = { most: limits }) {
    this.#sql = components.sql;
    this.#most = options.most;
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  /**
   * Writes the node's row, unless a later lease has it. Answers whether members see another card. Throws
   * `quota_reached` where there are as many nodes, members or regions as there may be.
   */
  putNode(node: { card: NodeCard; load: NodeLoad; lease: number }, now_ms: number): boolean {
    const { nodeId, region } = node.card;
    const card = JSON.stringify(node.card);
    const row = this.#row(nodeId);
    // A call of an older lease that was overtaken must not bring it back.
    if (row === undefined || row.lease <= node.lease) {
      if (row === undefined) {
        this.#demandPlace();
      }
      this.#demandMembership(nodeId, now_ms);
      this.#version += 1;
      this.#demandRegion(region);
      this.#sql.exec('INSERT OR IGNORE INTO regions (region) VALUES (?)', region);
      this.#certified(nodeId, now_ms);
      this.#sql.exec(
        'INSERT OR REPLACE INTO nodes (node_id, lease, card, load) VALUES (?, ?, ?, ?)',
        ...[nodeId, node.lease, card, JSON.stringify(node.load)],
      );
      this.#sql.exec(
        `INSERT INTO leases (node_id, lease, since_ms) VALUES (?, ?, ?) ON CONFLICT (node_id)
         DO UPDATE SET lease = excluded.lease, since_ms = excluded.since_ms
         WHERE lease <> excluded.lease`,
        ...[nodeId, node.lease, now_ms],
      );
    }
    return row?.card !== card;
  }

  /** False where that lease is not there. */
  putCard(card: NodeCard, lease: number, now_ms: number): boolean {
    const isThere = this.#update('card', JSON.stringify(card), card.nodeId, lease);
    if (isThere) {
      this.#certified(card.nodeId, now_ms);
    }
    return isThere;
  }

  /** False where that lease is not there. */
  putLoad(load: NodeLoad, nodeId: string, lease: number): boolean {
    return this.#update('load', JSON.stringify(load), nodeId, lease);
  }

  /** False where the node has no row of that lease or of an earlier one. */
  removeNode(nodeId: string, lease: number): boolean {
    this.#version += 1;
    const removed = this.#sql.exec(
      'DELETE FROM nodes WHERE node_id = ? AND lease <= ?',
      ...[nodeId, lease],
    );
    this.#sql.exec('DELETE FROM leases WHERE node_id = ? AND lease <= ?', ...[nodeId, lease]);
    return removed.rowsWritten > 0;
  }

  regions(): string[] {
    return this.#sql
      .exec<{ region: string }>('SELECT region FROM regions ORDER BY region')
      .toArray()
      .map(({ region }) => region);
  }

  nodes(): Leased[] {
    const rows = this.#sql
      .exec<Row & { since_ms: number | null }>(
        `SELECT nodes.*, leases.since_ms FROM nodes LEFT JOIN leases USING (node_id, lease)
         ORDER BY node_id`,
      )
      .toArray();
    return this.#parsed(rows);
  }

  #parsed(rows: readonly (Row & { since_ms: number | null })[]): Leased[] {
    const { cards, loads } = this.#read;
    const before = { cards: new Map(cards), loads: new Map(loads) };
    cards.clear();
    loads.clear();
    return rows.map(({ card, load, lease, since_ms }) => {
      const known = {
        card: before.cards.get(card) ?? parseJson(NodeCard, card, 'stored card', 'internal'),
        load: before.loads.get(load) ?? parseJson(NodeLoad, load, 'stored load', 'internal'),
      };
      cards.set(card, known.card);
      loads.set(load, known.load);
      return { ...known, lease, since_ms: since_ms ?? 0 };
    });
  }

  /** The key is refused for good; members are told of it, rather than of what it certified, until no certificate of it is good. */
  revoke(
    key: { nodeId: string; peerId: string },
    { at_ms, until_ms }: { at_ms: number; until_ms: number },
  ): void {
    this.#version += 1;
    this.#sql.exec('DELETE FROM certified WHERE node_id = ?', key.nodeId);
    this.#sql.exec(
      `INSERT INTO revoked (peer_id, node_id, at_ms, until_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (peer_id) DO UPDATE SET until_ms = excluded.until_ms`,
      ...[key.peerId, key.nodeId, at_ms, until_ms],
    );
  }

  /** Those that were revoked last; more nodes than that no mesh has lost. */
  revokedKeys(): RevokedKey[] {
    return this.#sql
      .exec<{ peer_id: string; at_ms: number }>(
        'SELECT peer_id, at_ms FROM revoked ORDER BY at_ms DESC LIMIT ?',
        limits.revokedKeys,
      )
      .toArray()
      .map(({ peer_id: peerId, at_ms }) => ({ peerId, at_ms }));
  }

  isRevoked(peerId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM revoked WHERE peer_id = ?', peerId).toArray().length > 0;
  }

  /** Peer ids of which a certificate may still be good. */
  revoked(now_ms: number): string[] {
    return this.#sql
      .exec<{ peer_id: string }>(
        'SELECT peer_id FROM revoked WHERE until_ms > ? ORDER BY until_ms DESC LIMIT ?',
        ...[now_ms, limits.revokedKeys],
      )
      .toArray()
      .map(({ peer_id }) => peer_id);
  }

  #demandPlace(): void {
    const { nodes } = this.#most;
    if (this.#count('nodes') >= nodes) {
      throw new RizomaError(
        'quota_reached',
        `the mesh has ${nodes} nodes, which is all that it may have: end one before this one starts`,
      );
    }
  }

  /** Members keep the key of each for as long as a certificate of it may be good, and have room for so many. */
  #demandMembership(nodeId: string, now_ms: number): void {
    const { members } = this.#most;
    const known = this.#sql.exec('SELECT 1 FROM certified WHERE node_id = ?', nodeId).toArray();
    if (known.length > 0 || this.#count('certified') < members) {
      return;
    }
    this.#sql.exec('DELETE FROM certified WHERE until_ms <= ?', now_ms);
    if (this.#count('certified') >= members) {
      throw new RizomaError(
        'quota_reached',
        `${members} nodes have been in the mesh within a day, which are all that it may have: DELETE /nodes/ID ` +
          `makes room where one will not come back`,
      );
    }
  }

  #certified(nodeId: string, now_ms: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO certified (node_id, until_ms) VALUES (?, ?)',
      ...[nodeId, now_ms + (limits.certificate_ttl_s + limits.clockSkew_s) * 1000],
    );
  }

  /** Makes room by forgetting the region that has been known longest of those in which no node is. */
  #demandRegion(region: string): void {
    const { regions } = this.#most;
    const known = this.#sql.exec('SELECT 1 FROM regions WHERE region = ?', region).toArray();
    if (known.length > 0 || this.#count('regions') < regions) {
      return;
    }
    this.#sql.exec(
      `DELETE FROM regions WHERE rowid =
         (SELECT MIN(rowid) FROM regions
          WHERE region NOT IN (SELECT json_extract(card, '$.region') FROM nodes))`,
    );
    if (this.#count('regions') >= regions) {
      throw new RizomaError(
        'quota_reached',
        `the mesh has nodes in ${regions} regions, which are all that it may have: set RIZOMA_REGION to one of them`,
      );
    }
  }

  #count(table: 'nodes' | 'regions' | 'certified'): number {
    return this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one().n;
  }

  #row(nodeId: string): Row | undefined {
    return this.#sql.exec<Row>('SELECT * FROM nodes WHERE node_id = ?', nodeId).toArray()[0];
  }

  #update(column: 'card' | 'load', text: string, nodeId: string, lease: number): boolean {
    this.#version += 1;
    const written = this.#sql.exec(
      `UPDATE nodes SET ${column} = ? WHERE node_id = ? AND lease = ?`,
      ...[text, nodeId, lease],
    );
    return written.rowsWritten > 0;
  }
}
