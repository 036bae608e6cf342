import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { RoomsPage, ServiceEntry } from './api.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS service (id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS nonces
    (nonce TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, name TEXT NOT NULL, room TEXT);
  CREATE INDEX IF NOT EXISTS rooms_by_name ON rooms (name);
  CREATE INDEX IF NOT EXISTS rooms_for_tests ON rooms (id) WHERE json_extract(room, '$.test');
  CREATE TABLE IF NOT EXISTS begun (id TEXT PRIMARY KEY, what TEXT NOT NULL);`;

/** What was begun with a room and its copy here, and may not have been ended. */
export type Begun = 'change' | 'deletion';

type RoomRow = { at: number; id: string; name: string; room: string | null };

/**
 * What a Service object keeps in its SQLite. The tables are made by whoever writes, and not before:
 * those who ask for services that do not exist must not fill the storage.
 */
export class ServiceStore {
  readonly #sql: SqlStorage;
  #hasTables: boolean;
  /** As it is stored: each request needs its key. Null where there is none. */
  #service: (ServiceEntry & { key: string }) | null | undefined;

  constructor(components: { sql: SqlStorage }) {
    this.#sql = components.sql;
    const definition = (name: string): string | undefined =>
      this.#sql
        .exec<{ sql: string }>('SELECT sql FROM sqlite_master WHERE name = ?', name)
        .toArray()[0]?.sql;
    this.#hasTables = definition('service') !== undefined;
    if (this.#hasTables && definition('begun') === undefined) {
      this.#sql.exec(tables);
    }
    // The index of rooms had no copies of them at first.
    if (definition('rooms')?.includes('room TEXT') === false) {
      this.#sql.exec('ALTER TABLE rooms ADD COLUMN room TEXT');
    }
  }

  makeTables(): void {
    if (!this.#hasTables) {
      this.#sql.exec(tables);
      this.#hasTables = true;
    }
  }

  /** All storage was deleted. */
  forgetTables(): void {
    this.#hasTables = false;
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
    if (!this.#hasTables) {
      return undefined;
    }
    if (this.#service === undefined) {
      const rows = this.#sql.exec<{ id: string; name: string; key: string }>(
        'SELECT id, name, key FROM service',
      );
      this.#service = rows.toArray()[0] ?? null;
    }
    return this.#service ?? undefined;
  }

  /** From now on nobody can sign for it; its rooms are listed still. */
  removeService(): void {
    this.#service = undefined;
    this.#sql.exec('DELETE FROM service');
    this.#sql.exec('DELETE FROM nonces');
  }

  /** Whether the nonce is seen for the first time. */
  takeNonce(nonce: string, now_ms: number): boolean {
    const written = this.#sql.exec(
      'INSERT OR IGNORE INTO nonces (nonce, seen_ms) VALUES (?, ?)',
      nonce,
      now_ms,
    );
    return written.rowsWritten > 0;
  }

  /** Looks at all of them, once a minute, so that each request has one thing less to write. */
  sweepNonces(before_ms: number): void {
    this.#sql.exec('DELETE FROM nonces WHERE seen_ms < ?', before_ms);
  }

  /** A new room, or what has become of it. */
  saveRoom(room: RoomAnswer): void {
    this.#sql.exec(
      `INSERT INTO rooms (id, name, room) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, room = excluded.room`,
      ...[room._id, room.name, JSON.stringify(room)],
    );
  }

  removeRoom(roomId: string): void {
    this.#sql.exec('DELETE FROM rooms WHERE id = ?', roomId);
  }

  hasRoom(roomId: string): boolean {
    return (
      this.#hasTables &&
      this.#sql.exec('SELECT 1 FROM rooms WHERE id = ?', roomId).toArray().length > 0
    );
  }

  /** The copy of a room, as JSON; without it where something is being done to the room. */
  copyOf(roomId: string): { room: string | undefined } | undefined {
    if (!this.#hasTables) {
      return undefined;
    }
    const rows = this.#sql.exec<{ room: string | null; begun: string | null }>(
      'SELECT room, what AS begun FROM rooms LEFT JOIN begun USING (id) WHERE id = ?',
      roomId,
    );
    const row = rows.toArray()[0];
    return row && { room: row.begun === null ? (row.room ?? undefined) : undefined };
  }

  /** The oldest of this name. */
  roomOfName(name: string): RoomAnswer | undefined {
    const rows = this.#sql.exec<RoomRow>(
      'SELECT rowid AS at, id, name, room FROM rooms WHERE name = ? ORDER BY rowid LIMIT 1',
      name,
    );
    return rows.toArray().map(roomOf)[0];
  }

  /** The one room for tests, if there is one. */
  testRoom(): RoomAnswer | undefined {
    const rows = this.#sql.exec<RoomRow>(
      `SELECT rowid AS at, id, name, room FROM rooms WHERE json_extract(room, '$.test') LIMIT 1`,
    );
    return rows.toArray().map(roomOf)[0];
  }

  /** Something is done to the room and to its copy here: should this object die meanwhile, it is known. */
  begin(roomId: string, what: Begun): void {
    this.#sql.exec('INSERT OR REPLACE INTO begun (id, what) VALUES (?, ?)', roomId, what);
  }

  end(roomId: string): void {
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
        'SELECT rowid AS at, id, name, room FROM rooms WHERE rowid > ? ORDER BY rowid LIMIT ?',
        after,
        limit,
      )
      .toArray();
    const next = rows.length < limit ? undefined : rows.at(-1)?.at;
    return { rooms: rows.map(roomOf), next };
  }
}

function roomOf({ id, name, room }: RoomRow): RoomAnswer {
  return room === null ? { name, _id: id } : parseJson(RoomAnswer, room, 'stored room', 'internal');
}
