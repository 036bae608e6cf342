import * as v from 'valibot';
import { NodeCard } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { PeerId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse.ts';

const Lease = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What becomes of a node. Each registration of a new run, and each after a loss, is a new lease. */
const NodeState = v.variant('state', [
  v.strictObject({ state: v.literal('unknown'), lease: Lease }),
  /**
   * `peerId`: of the key that the node holds; absent in what was stored before nodes had keys. `boundUntil_ms`: until
   * then no other key has this id, since a certificate of it may be good.
   */
  v.strictObject({
    state: v.literal('live'),
    lease: Lease,
    card: NodeCard,
    peerId: v.optional(PeerId),
    boundUntil_ms: v.number(),
  }),
  /** `told`: whether Mesh knows. */
  v.strictObject({
    state: v.literal('lost'),
    lease: Lease,
    nodeId: v.string(),
    peerId: v.optional(PeerId),
    boundUntil_ms: v.number(),
    told: v.boolean(),
  }),
]);
export type NodeState = v.InferOutput<typeof NodeState>;

export interface HeldRoom {
  readonly roomId: string;
  /** Under which lease the node entered it. */
  readonly lease: number;
}

const tables = `
  CREATE TABLE IF NOT EXISTS node (only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rooms
    (room_id TEXT NOT NULL, lease INTEGER NOT NULL, PRIMARY KEY (room_id, lease));
  CREATE TABLE IF NOT EXISTS revoked (peer_id TEXT PRIMARY KEY);`;

/** What a Node object keeps in its SQLite. */
export class NodeStore {
  readonly #sql: SqlStorage;
  readonly #mostRooms: number;
  /** Rooms that are stored, once they were counted. */
  #roomCount: number | undefined;

  constructor(
    components: { sql: SqlStorage },
    options: { rooms: number } = { rooms: limits.roomsPerNode },
  ) {
    this.#sql = components.sql;
    this.#mostRooms = options.rooms;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  state(): NodeState {
    const row = this.#sql.exec<{ state: string }>('SELECT state FROM node').toArray()[0];
    return row === undefined
      ? { state: 'unknown', lease: 0 }
      : parseJson(NodeState, row.state, 'stored state', 'internal');
  }

  saveState(state: NodeState): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO node (only, state) VALUES (1, ?)',
      JSON.stringify(state),
    );
  }

  /** The key is not taken here any more, for good. */
  revoke(peerId: string): void {
    this.#sql.exec('INSERT OR IGNORE INTO revoked (peer_id) VALUES (?)', peerId);
  }

  isRevoked(peerId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM revoked WHERE peer_id = ?', peerId).toArray().length > 0;
  }

  /** Throws `overloaded` where the node has as many as it may have: another node can still take the room. */
  addRoom(room: HeldRoom): void {
    if (this.hasRoom(room)) {
      return;
    }
    const { roomId, lease } = room;
    const count = this.#countRooms();
    if (count >= this.#mostRooms) {
      throw new RizomaError(
        'overloaded',
        `this node has ${this.#mostRooms} rooms, which is all that it may have: join at another one`,
      );
    }
    this.#sql.exec('INSERT INTO rooms (room_id, lease) VALUES (?, ?)', roomId, lease);
    this.#roomCount = count + 1;
  }

  hasRoom({ roomId, lease }: HeldRoom): boolean {
    const known = 'SELECT 1 FROM rooms WHERE room_id = ? AND lease = ?';
    return this.#sql.exec(known, roomId, lease).toArray().length > 0;
  }

  removeRoom({ roomId, lease }: HeldRoom): void {
    this.#removeRooms('room_id = ? AND lease = ?', roomId, lease);
  }

  /** The room is no more, whatever lease it was entered under. */
  forgetRoom(roomId: string): void {
    this.#removeRooms('room_id = ?', roomId);
  }

  #countRooms(): number {
    this.#roomCount ??= this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM rooms').one().n;
    return this.#roomCount;
  }

  #removeRooms(where: string, ...values: (string | number)[]): void {
    const before = this.#countRooms();
    this.#sql.exec(`DELETE FROM rooms WHERE ${where}`, ...values);
    this.#roomCount = before - this.#sql.exec<{ n: number }>('SELECT changes() AS n').one().n;
  }

  /** Rooms that were entered under another lease than this one, and have to hear that it ended. */
  roomsOfOtherLeases(lease: number | undefined): HeldRoom[] {
    return this.#sql
      .exec<{ room_id: string; lease: number }>(
        'SELECT room_id, lease FROM rooms WHERE lease <> ? ORDER BY rowid',
        lease ?? -1,
      )
      .toArray()
      .map((row) => ({ roomId: row.room_id, lease: row.lease }));
  }
}
