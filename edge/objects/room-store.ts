import { ageOf } from '../../protocol/clock.ts';
import * as v from 'valibot';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { DirectoryChange, Removal } from '../../protocol/directory.ts';
import {
  RegionRoute,
  RoomErizo,
  RoomFacts,
  RoomRecording,
  RoomStream,
} from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { Jurisdiction } from '../../protocol/ids.ts';
import { parse, parseJson } from '../../protocol/parse.ts';
import type { DirectoryState, Holder } from '../room/directory.ts';
import type { Removals } from '../room/removals.ts';
import { TokenRecord } from '../room/tokens.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS room (only INTEGER PRIMARY KEY CHECK (only = 1), room TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS tokens
    (token_id TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL, token TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS epoch (only INTEGER PRIMARY KEY CHECK (only = 1), epoch INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS removals (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS removed_before (only INTEGER PRIMARY KEY CHECK (only = 1), at_ms INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS tokens_by_expiry ON tokens (expires_ms);
  CREATE TABLE IF NOT EXISTS version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS holders
    (node_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, lease INTEGER NOT NULL, region TEXT NOT NULL,
     jurisdiction TEXT, facts TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS grants (only INTEGER PRIMARY KEY CHECK (only = 1), epoch INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS erizos (id TEXT PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS routes (only INTEGER PRIMARY KEY CHECK (only = 1), routes TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS streams (id TEXT PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS recorded (id TEXT PRIMARY KEY, data TEXT NOT NULL);`;

const defaults = {
  /** Tokens in memory, of 2 KiB at most: a burst of joins for one room. */
  tokens: 1_024,
  /** While there are as many as there may be: to look for those that are worth nothing reads them all. */
  fullSweep_ms: 10_000,
} as const;

type HolderRow = {
  node_id: string;
  lease: number;
  region: string;
  jurisdiction: string | null;
  facts: string;
};

/** What a Room object keeps in its SQLite. */
export class RoomStore {
  readonly #sql: SqlStorage;
  /** Tokens as they are stored, the one that was written longest ago first: most are used soon. */
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #mostTokens: number;
  /** Tokens that are stored, once they were counted. */
  #tokenCount: number | undefined;
  #sweptAt_ms = Number.NEGATIVE_INFINITY;
  /** As it is stored: each join needs it. */
  #epoch: number | undefined;

  constructor(
    components: { sql: SqlStorage },
    options: { tokens: number } = { tokens: limits.tokensPerRoom },
  ) {
    this.#sql = components.sql;
    this.#mostTokens = options.tokens;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  room(): RoomAnswer | undefined {
    const row = this.#sql.exec<{ room: string }>('SELECT room FROM room').toArray()[0];
    return row && parseJson(RoomAnswer, row.room, 'stored room', 'internal');
  }

  saveRoom(room: RoomAnswer): void {
    this.#sql.exec('INSERT OR REPLACE INTO room (only, room) VALUES (1, ?)', JSON.stringify(room));
  }

  /** The room is no more and nobody gets in; who held it is known still. */
  removeRoom(): void {
    this.#tokens.clear();
    this.#tokenCount = 0;
    this.#epoch = undefined;
    for (const table of ['tokens', 'epoch', 'removals', 'removed_before', 'grants', 'room']) {
      this.#sql.exec(`DELETE FROM ${table}`);
    }
  }

  /** What controllers said of it. */
  removeDirectory(): void {
    for (const table of ['version', 'holders', 'erizos', 'streams', 'recorded', 'routes']) {
      this.#sql.exec(`DELETE FROM ${table}`);
    }
  }

  token(tokenId: string): TokenRecord | undefined {
    const known = this.#tokens.get(tokenId);
    if (known !== undefined) {
      return known;
    }
    const rows = this.#sql.exec<{ token: string }>(
      'SELECT token FROM tokens WHERE token_id = ?',
      tokenId,
    );
    const row = rows.toArray()[0];
    return row && parseJson(TokenRecord, row.token, 'stored token', 'internal');
  }

  /** Throws `quota_reached` where the room has all tokens that it may have. Those that are worth nothing make room. */
  demandPlaceForToken(now_ms: number): void {
    const most = this.#mostTokens;
    if (this.#countTokens() < most) {
      return;
    }
    if (ageOf(this.#sweptAt_ms, now_ms) >= defaults.fullSweep_ms) {
      this.#sweptAt_ms = now_ms;
      this.sweepTokens(now_ms);
      this.#removeTokens("json_extract(token, '$.usesLeft') = 0");
    }
    if (this.#countTokens() >= most) {
      throw new RizomaError(
        'quota_reached',
        `${most} tokens of the room are open, which is all that it may have: make passes, wait until some have expired, or revoke them all`,
        { details: { quota: 'tokensPerRoom', limit: most } },
      );
    }
  }

  saveToken(token: TokenRecord): void {
    this.#tokenCount = this.#countTokens() + 1;
    this.#remember(token);
    this.#sql.exec(
      'INSERT INTO tokens (token_id, expires_ms, token) VALUES (?, ?, ?)',
      ...[token.tokenId, token.expiresAt_ms, JSON.stringify(token)],
    );
  }

  /** Of a token that is there: how often it is good is another number now. */
  updateToken(token: TokenRecord): void {
    this.#remember(token);
    this.#sql.exec(
      'UPDATE tokens SET token = ? WHERE token_id = ?',
      ...[JSON.stringify(token), token.tokenId],
    );
  }

  #remember(token: TokenRecord): void {
    this.#tokens.delete(token.tokenId);
    this.#tokens.set(token.tokenId, token);
    const [eldest] = this.#tokens.keys();
    if (this.#tokens.size > defaults.tokens && eldest !== undefined) {
      this.#tokens.delete(eldest);
    }
  }

  /** Those that were made last, at most so many. */
  newestTokens(limit: number): TokenRecord[] {
    const rows = this.#sql.exec<{ token: string }>(
      'SELECT token FROM tokens ORDER BY expires_ms DESC LIMIT ?',
      limit,
    );
    return rows
      .toArray()
      .map(({ token }) => parseJson(TokenRecord, token, 'stored token', 'internal'));
  }

  /** The first is 1. */
  epoch(): number {
    this.#epoch ??=
      this.#sql.exec<{ epoch: number }>('SELECT epoch FROM epoch').toArray()[0]?.epoch ?? 1;
    return this.#epoch;
  }

  /** Removes all tokens and begins another epoch. */
  revokeTokens(): void {
    const epoch = this.epoch() + 1;
    this.#epoch = undefined;
    this.#sql.exec('INSERT OR REPLACE INTO epoch (only, epoch) VALUES (1, ?)', epoch);
    this.#removeTokens('true');
  }

  #countTokens(): number {
    this.#tokenCount ??= this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM tokens').one().n;
    return this.#tokenCount;
  }

  #removeTokens(where: string, ...values: number[]): void {
    const before = this.#tokenCount;
    this.#tokens.clear();
    this.#sql.exec(`DELETE FROM tokens WHERE ${where}`, ...values);
    const { n } = this.#sql.exec<{ n: number }>('SELECT changes() AS n').one();
    this.#tokenCount = before === undefined ? undefined : before - n;
  }

  removals(): Removals {
    const [before] = this.#sql
      .exec<{ at_ms: number }>('SELECT at_ms FROM removed_before')
      .toArray();
    const users = this.#sql
      .exec<Removal>('SELECT name, at_ms FROM removals ORDER BY at_ms')
      .toArray();
    return { users, before_ms: before?.at_ms ?? 0 };
  }

  /** Writes what differs between the two. */
  saveRemovals(before: Removals, after: Removals): void {
    const kept = new Set(after.users);
    for (const { name } of before.users.filter((user) => !kept.has(user))) {
      this.#sql.exec('DELETE FROM removals WHERE name = ?', name);
    }
    const stored = new Set(before.users);
    for (const { name, at_ms } of after.users.filter((user) => !stored.has(user))) {
      this.#sql.exec('INSERT INTO removals (name, at_ms) VALUES (?, ?)', name, at_ms);
    }
    if (after.before_ms !== before.before_ms) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO removed_before (only, at_ms) VALUES (1, ?)',
        after.before_ms,
      );
    }
  }

  /** Removes what has expired; answers when the next token does. */
  sweepTokens(now_ms: number): number | undefined {
    this.#removeTokens('expires_ms <= ?', now_ms);
    const row = this.#sql
      .exec<{ next: number | null }>('SELECT MIN(expires_ms) AS next FROM tokens')
      .one();
    return row.next ?? undefined;
  }

  /** How often the pin of the room has changed. */
  grantEpoch(): number {
    const row = this.#sql.exec<{ epoch: number }>('SELECT epoch FROM grants').toArray()[0];
    return row?.epoch ?? 0;
  }

  saveGrantEpoch(epoch: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO grants (only, epoch) VALUES (1, ?)', epoch);
  }

  directory(): DirectoryState {
    const version = this.#sql.exec<{ version: number }>('SELECT version FROM version').toArray()[0];
    const rows = (table: string): string[] =>
      this.#sql
        .exec<{ data: string }>(`SELECT data FROM ${table} ORDER BY rowid`)
        .toArray()
        .map(({ data }) => data);
    const holders = this.#holders();
    const recordings = rows('recorded').map((data) =>
      parseJson(RoomRecording, data, 'stored recording', 'internal'),
    );
    return {
      directory: {
        version: version?.version ?? 0,
        erizos: rows('erizos').map((data) =>
          parseJson(RoomErizo, data, 'stored erizo', 'internal'),
        ),
        streams: rows('streams').map((data) =>
          parseJson(RoomStream, data, 'stored stream', 'internal'),
        ),
        ...(recordings.length === 0 ? {} : { recordings }),
        holders: holders.map(({ nodeId }) => nodeId),
        ...this.#routes(),
      },
      holders,
    };
  }

  /** Writes what differs between the two. */
  saveDirectory(before: DirectoryState, after: DirectoryState, change: DirectoryChange): void {
    this.#saveHolders(before.holders, after.holders);
    if (change.version === change.from) {
      return;
    }
    this.#sql.exec('INSERT OR REPLACE INTO version (only, version) VALUES (1, ?)', change.version);
    this.#saveRows('erizos', change.erizos, ({ erizoId }) => erizoId);
    this.#saveRows('streams', change.streams, ({ streamId }) => streamId);
    if (change.recordings !== undefined) {
      this.#saveRows('recorded', change.recordings, ({ recordingId }) => recordingId);
    }
    if (change.routes !== undefined) {
      const text = JSON.stringify(change.routes);
      this.#sql.exec('INSERT OR REPLACE INTO routes (only, routes) VALUES (1, ?)', text);
    }
  }

  #routes(): { routes?: RegionRoute[] } {
    const row = this.#sql.exec<{ routes: string }>('SELECT routes FROM routes').toArray()[0];
    const schema = v.array(RegionRoute);
    return row ? { routes: parseJson(schema, row.routes, 'stored routes', 'internal') } : {};
  }

  #holders(): Holder[] {
    const rows = this.#sql.exec<HolderRow>('SELECT * FROM holders ORDER BY seq').toArray();
    return rows.map(({ node_id: nodeId, lease, region, jurisdiction, facts }) => ({
      nodeId,
      lease,
      region,
      ...(jurisdiction === null
        ? {}
        : { jurisdiction: parse(Jurisdiction, jurisdiction, 'stored') }),
      facts: parseJson(RoomFacts, facts, 'stored facts', 'internal'),
    }));
  }

  #saveHolders(before: readonly Holder[], after: readonly Holder[]): void {
    const stored = new Map(before.map((holder, seq) => [holder, seq]));
    const kept = new Set(after.map(({ nodeId }) => nodeId));
    for (const { nodeId } of before.filter((holder) => !kept.has(holder.nodeId))) {
      this.#sql.exec('DELETE FROM holders WHERE node_id = ?', nodeId);
    }
    for (const [seq, holder] of after.entries()) {
      if (stored.get(holder) !== seq) {
        this.#sql.exec(
          'INSERT OR REPLACE INTO holders (node_id, seq, lease, region, jurisdiction, facts) VALUES (?, ?, ?, ?, ?, ?)',
          ...[holder.nodeId, seq, holder.lease, holder.region, holder.jurisdiction ?? null],
          JSON.stringify(holder.facts),
        );
      }
    }
  }

  #saveRows<Row>(
    table: 'erizos' | 'streams' | 'recorded',
    change: { put: readonly Row[]; removed: readonly string[] },
    idOf: (row: Row) => string,
  ): void {
    for (const id of change.removed) {
      this.#sql.exec(`DELETE FROM ${table} WHERE id = ?`, id);
    }
    for (const row of change.put) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO ${table} (id, data) VALUES (?, ?)`,
        ...[idOf(row), JSON.stringify(row)],
      );
    }
  }
}
