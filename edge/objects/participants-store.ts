import type { Attendance, ParticipantsState, Told } from '../room/participants.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS attendances
    (node_id TEXT PRIMARY KEY, lease INTEGER NOT NULL, region TEXT NOT NULL, number INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS participants
    (node_id TEXT NOT NULL, client_id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
     number INTEGER NOT NULL, entered_ms INTEGER, PRIMARY KEY (node_id, client_id)) WITHOUT ROWID;`;

type AttendanceRow = { node_id: string; lease: number; region: string; number: number };
type ParticipantRow = {
  node_id: string;
  client_id: string;
  name: string;
  role: string;
  number: number;
  entered_ms: number | null;
};

/** Who is in a room, in the SQLite of its object. */
export class ParticipantsStore {
  readonly #sql: SqlStorage;

  constructor(components: { sql: SqlStorage }) {
    this.#sql = components.sql;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  load(): ParticipantsState {
    const users = new Map<string, Map<string, Told>>();
    for (const row of this.#sql.exec<ParticipantRow>('SELECT * FROM participants')) {
      const { node_id: nodeId, client_id: clientId, name, role, number, entered_ms } = row;
      const there = users.get(nodeId) ?? new Map<string, Told>();
      const entered = entered_ms === null ? {} : { enteredAt_ms: entered_ms };
      users.set(
        nodeId,
        there.set(clientId, { user: { clientId, name, role, ...entered }, number }),
      );
    }
    const rows = this.#sql.exec<AttendanceRow>('SELECT * FROM attendances').toArray();
    return new Map(
      rows.map(({ node_id: nodeId, lease, region, number }) => [
        nodeId,
        { lease, region, number, users: users.get(nodeId) ?? new Map<string, Told>() },
      ]),
    );
  }

  count(): number {
    return this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM participants').one().n;
  }

  /** Writes what differs between the two at that controller. */
  save(nodeId: string, before: Attendance | undefined, after: Attendance | undefined): void {
    if (after === undefined) {
      this.#sql.exec('DELETE FROM attendances WHERE node_id = ?', nodeId);
      this.#sql.exec('DELETE FROM participants WHERE node_id = ?', nodeId);
      return;
    }
    this.#sql.exec(
      'INSERT OR REPLACE INTO attendances (node_id, lease, region, number) VALUES (?, ?, ?, ?)',
      ...[nodeId, after.lease, after.region, after.number],
    );
    for (const clientId of before?.users.keys() ?? []) {
      if (!after.users.has(clientId)) {
        this.#sql.exec(
          'DELETE FROM participants WHERE node_id = ? AND client_id = ?',
          ...[nodeId, clientId],
        );
      }
    }
    for (const [clientId, told] of after.users) {
      if (before?.users.get(clientId) !== told) {
        const { name, role, enteredAt_ms = null } = told.user;
        this.#sql.exec(
          `INSERT OR REPLACE INTO participants (node_id, client_id, name, role, number, entered_ms)
           VALUES (?, ?, ?, ?, ?, ?)`,
          ...[nodeId, clientId, name, role, told.number, enteredAt_ms],
        );
      }
    }
  }

  clear(): void {
    this.#sql.exec('DELETE FROM attendances');
    this.#sql.exec('DELETE FROM participants');
  }
}
