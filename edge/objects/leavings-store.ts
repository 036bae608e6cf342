import type { Leaving, LeavingsState } from '../room/leavings.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS leavings
    (client_id TEXT PRIMARY KEY, entered_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS left_before (only INTEGER PRIMARY KEY CHECK (only = 1), at_ms INTEGER NOT NULL);`;

type LeavingRow = { client_id: string; entered_ms: number; at_ms: number };

/** Who left a room for good, in the SQLite of its object. */
export class LeavingsStore {
  readonly #sql: SqlStorage;

  constructor(components: { sql: SqlStorage }) {
    this.#sql = components.sql;
  }

  static create(components: { sql: SqlStorage }): LeavingsStore {
    components.sql.exec(tables);
    return new LeavingsStore(components);
  }

  load(): LeavingsState {
    const rows = this.#sql.exec<LeavingRow>('SELECT * FROM leavings ORDER BY at_ms').toArray();
    const [before] = this.#sql.exec<{ at_ms: number }>('SELECT at_ms FROM left_before').toArray();
    return {
      clients: rows.map(({ client_id: clientId, entered_ms: enteredAt_ms, at_ms }) => ({
        ...{ clientId, enteredAt_ms, at_ms },
      })),
      before_ms: before?.at_ms ?? 0,
    };
  }

  /** Writes what differs between the two. */
  save(before: LeavingsState, after: LeavingsState): void {
    const kept = new Set(after.clients.map(({ clientId }) => clientId));
    for (const { clientId } of before.clients.filter(({ clientId }) => !kept.has(clientId))) {
      this.#sql.exec('DELETE FROM leavings WHERE client_id = ?', clientId);
    }
    const stored = new Set<Leaving>(before.clients);
    for (const leaving of after.clients.filter((one) => !stored.has(one))) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO leavings (client_id, entered_ms, at_ms) VALUES (?, ?, ?)',
        ...[leaving.clientId, leaving.enteredAt_ms, leaving.at_ms],
      );
    }
    if (after.before_ms !== before.before_ms) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO left_before (only, at_ms) VALUES (1, ?)',
        after.before_ms,
      );
    }
  }
}
