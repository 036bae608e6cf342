import * as v from 'valibot';
import { sizeOf } from '../../protocol/bytes.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { RoomsPage, ServiceEntry } from './api.ts';
import type { NonceBatch, NonceStore } from './nonces.ts';
import { RoomQuota } from './room-quota.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS service
    (id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, previous_key TEXT, previous_until_ms INTEGER);
  CREATE TABLE IF NOT EXISTS nonce_batches
    (id INTEGER PRIMARY KEY, seen_ms INTEGER NOT NULL, open_until_ms INTEGER, nonces TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, name TEXT NOT NULL, room TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS rooms_by_name ON rooms (name);
  CREATE INDEX IF NOT EXISTS rooms_for_tests ON rooms (id) WHERE json_extract(room, '$.test');
  CREATE TABLE IF NOT EXISTS begun (id TEXT PRIMARY KEY, what TEXT NOT NULL);`;

/** What was begun with a room and its copy here, and may not have been ended. */
export type Begun = 'change' | 'deletion';

/** What the service knows of a room without asking it. */
export interface RoomCopy {
  readonly room: string | undefined;
}

const defaults = {
  /** Copies of rooms in memory: of 64 KiB each they are still a small part of the object's. */
  copies: 128,
} as const;

const roomsAtMost = { rooms: limits.roomsPerService, bytes: limits.serviceRooms_bytes };

type ServiceRow = {
  id: string;
  name: string;
  key: string;
  previous_key: string | null;
  previous_until_ms: number | null;
};
type NonceRow = { id: number; seen_ms: number; open_until_ms: number | null; nonces: string };
type RoomRow = { at: number; room: string };

/**
 * What a Service object keeps in its SQLite. The tables are made by whoever writes, and not before:
 * those who ask for services that do not exist must not fill the storage.
 */
export class ServiceStore implements NonceStore {
  readonly #sql: SqlStorage;
  #hasTables: boolean;
  /** As it is stored: each request needs its keys. Null where there is none. */
  #service: ServiceRow | null | undefined;
  readonly #quota: RoomQuota;
  /** As they are stored. */
  readonly #copies = new Map<string, RoomCopy>();

  constructor(
    components: { sql: SqlStorage },
    options: { most: { rooms: number; bytes: number } } = { most: roomsAtMost },
  ) {
    this.#sql = components.sql;
    this.#quota = new RoomQuota(components, options);
    this.#hasTables =
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'usage'").toArray().length > 0;
  }

  makeTables(): void {
    if (!this.#hasTables) {
      this.#sql.exec(tables);
      this.#quota.makeTables();
      this.#hasTables = true;
    }
  }

  /** All storage was deleted. */
  forgetTables(): void {
    this.#hasTables = false;
    this.#copies.clear();
    this.#quota.forget();
  }

  get hasTables(): boolean {
    return this.#hasTables;
  }

  found({ id, name, key }: ServiceEntry & { key: string }): void {
    this.makeTables();
    this.#service = undefined;
    this.#sql.exec(
      'INSERT OR REPLACE INTO service (id, name, key) VALUES (?, ?, ?)',
      id,
      name,
      key,
    );
  }

  service(): (ServiceEntry & { key: string }) | undefined {
    const row = this.#row();
    return row && { id: row.id, name: row.name, key: row.key };
  }

  /** What the service may sign with then, the current key first; none where there is no service. */
  keys(now_ms: number): string[] {
    const row = this.#row();
    if (row === undefined) {
      return [];
    }
    const { key, previous_key: previous, previous_until_ms: until_ms } = row;
    return previous !== null && (until_ms ?? 0) > now_ms ? [key, previous] : [key];
  }

  /**
   * Another key, beside which the one before is taken until then. The same once more changes that time alone: a request
   * that was repeated must not make its own key the previous one.
   */
  changeKey(key: string, previousUntil_ms: number): void {
    this.#sql.exec(
      `UPDATE service SET previous_key = CASE WHEN key = ?1 THEN previous_key ELSE key END, key = ?1,
         previous_until_ms = ?2`,
      ...[key, previousUntil_ms],
    );
    this.#service = undefined;
  }

  #row(): ServiceRow | undefined {
    if (!this.#hasTables) {
      return undefined;
    }
    this.#service ??= this.#sql.exec<ServiceRow>('SELECT * FROM service').toArray()[0] ?? null;
    return this.#service ?? undefined;
  }

  /** From now on nobody can sign for it; its rooms are listed still. */
  removeService(): void {
    this.#service = undefined;
    this.#sql.exec('DELETE FROM service');
    this.#sql.exec('DELETE FROM nonce_batches');
  }

  /** The oldest first. */
  nonceBatches(): NonceBatch[] {
    if (!this.#hasTables) {
      return [];
    }
    const rows = this.#sql.exec<NonceRow>('SELECT * FROM nonce_batches ORDER BY id').toArray();
    return rows.map(({ id, seen_ms, open_until_ms, nonces }) => ({
      id,
      seenAt_ms: seen_ms,
      openUntil_ms: open_until_ms ?? undefined,
      nonces: parseJson(v.array(v.string()), nonces, 'stored nonces', 'internal'),
    }));
  }

  addNonceBatch({ seenAt_ms, openUntil_ms, nonces }: Omit<NonceBatch, 'id'>): number {
    return this.#sql
      .exec<{ id: number }>(
        'INSERT INTO nonce_batches (seen_ms, open_until_ms, nonces) VALUES (?, ?, ?) RETURNING id',
        ...[seenAt_ms, openUntil_ms ?? null, JSON.stringify(nonces)],
      )
      .one().id;
  }

  closeNonceBatch(id: number, nonces: readonly string[]): void {
    if (this.#hasTables) {
      this.#sql.exec(
        'UPDATE nonce_batches SET open_until_ms = NULL, nonces = ? WHERE id = ?',
        ...[JSON.stringify(nonces), id],
      );
    }
  }

  sweepNonceBatches(before_ms: number): void {
    this.#sql.exec('DELETE FROM nonce_batches WHERE seen_ms < ?', before_ms);
  }

  /** Throws `quota_reached` where there is no place for the room, or for what is to become of it. */
  demandPlace(room: RoomAnswer): void {
    this.#quota.demand(this.#moreFor(room));
  }

  /** A new room, or what has become of it. */
  saveRoom(room: RoomAnswer): void {
    this.#copies.delete(room._id);
    this.#quota.add(this.#moreFor(room));
    this.#sql.exec(
      `INSERT INTO rooms (id, name, room) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, room = excluded.room`,
      ...[room._id, room.name, JSON.stringify(room)],
    );
  }

  removeRoom(roomId: string): void {
    this.#copies.delete(roomId);
    const bytes = this.#bytesOf(roomId);
    if (bytes !== undefined) {
      this.#quota.add({ rooms: -1, bytes: -bytes });
      this.#sql.exec('DELETE FROM rooms WHERE id = ?', roomId);
    }
  }

  #moreFor(room: RoomAnswer): { rooms: number; bytes: number } {
    const before = this.#bytesOf(room._id);
    return { rooms: before === undefined ? 1 : 0, bytes: sizeOf(room) - (before ?? 0) };
  }

  /** Of the copy of a room; undefined where there is none. */
  #bytesOf(roomId: string): number | undefined {
    return this.#sql
      .exec<{ bytes: number }>('SELECT octet_length(room) AS bytes FROM rooms WHERE id = ?', roomId)
      .toArray()[0]?.bytes;
  }

  hasRoom(roomId: string): boolean {
    return (
      this.#hasTables &&
      this.#sql.exec('SELECT 1 FROM rooms WHERE id = ?', roomId).toArray().length > 0
    );
  }

  /** The copy of a room, as JSON; without it where something is being done to the room. */
  copyOf(roomId: string): RoomCopy | undefined {
    const known = this.#copies.get(roomId);
    if (known !== undefined || !this.#hasTables) {
      return known;
    }
    const rows = this.#sql.exec<{ room: string; begun: string | null }>(
      'SELECT room, what AS begun FROM rooms LEFT JOIN begun USING (id) WHERE id = ?',
      roomId,
    );
    const row = rows.toArray()[0];
    const copy = row && { room: row.begun === null ? row.room : undefined };
    if (copy !== undefined) {
      this.#remember(roomId, copy);
    }
    return copy;
  }

  /** The copies that were asked for last: an app asks for the same rooms again and again. */
  #remember(roomId: string, copy: RoomCopy): void {
    this.#copies.set(roomId, copy);
    const [eldest] = this.#copies.keys();
    if (this.#copies.size > defaults.copies && eldest !== undefined) {
      this.#copies.delete(eldest);
    }
  }

  /** The oldest of this name. */
  roomOfName(name: string): RoomAnswer | undefined {
    const rows = this.#sql.exec<RoomRow>(
      'SELECT rowid AS at, room FROM rooms WHERE name = ? ORDER BY rowid LIMIT 1',
      name,
    );
    return rows.toArray().map(roomOf)[0];
  }

  /** The one room for tests, if there is one. */
  testRoom(): RoomAnswer | undefined {
    const rows = this.#sql.exec<RoomRow>(
      `SELECT rowid AS at, room FROM rooms WHERE json_extract(room, '$.test') LIMIT 1`,
    );
    return rows.toArray().map(roomOf)[0];
  }

  /** Something is done to the room and to its copy here: should this object die meanwhile, it is known. */
  begin(roomId: string, what: Begun): void {
    this.#copies.delete(roomId);
    this.#sql.exec('INSERT OR REPLACE INTO begun (id, what) VALUES (?, ?)', roomId, what);
  }

  end(roomId: string): void {
    this.#copies.delete(roomId);
    this.#sql.exec('DELETE FROM begun WHERE id = ?', roomId);
  }

  begun(roomId: string): Begun | undefined {
    const rows = this.#sql.exec<{ what: Begun }>('SELECT what FROM begun WHERE id = ?', roomId);
    return rows.toArray()[0]?.what;
  }

  /** Rooms with which something was begun. */
  allBegun(): string[] {
    return this.#hasTables
      ? this.#sql
          .exec<{ id: string }>('SELECT id FROM begun')
          .toArray()
          .map(({ id }) => id)
      : [];
  }

  /** Rooms in the order in which they were made, from after that one. */
  rooms(after: number, limit: number): RoomsPage {
    if (!this.#hasTables) {
      return { rooms: [], next: undefined };
    }
    const rows = this.#sql
      .exec<RoomRow>(
        'SELECT rowid AS at, room FROM rooms WHERE rowid > ? ORDER BY rowid LIMIT ?',
        after,
        limit,
      )
      .toArray();
    const next = rows.length < limit ? undefined : rows.at(-1)?.at;
    return { rooms: rows.map(roomOf), next };
  }
}

function roomOf({ room }: RoomRow): RoomAnswer {
  return parseJson(RoomAnswer, room, 'stored room', 'internal');
}
