import type { KnownRecording } from '../room/recordings.ts';
import type { Speaker } from './api.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS recordings
    (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, stream_id TEXT NOT NULL, node_id TEXT NOT NULL,
     lease INTEGER NOT NULL, region TEXT NOT NULL, state TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS recordings_by_node ON recordings (node_id);`;

const defaults = {
  /** All controllers that a room can have may have all theirs open; the oldest are forgotten beyond. */
  recordings: 10_000,
} as const;

type Row = {
  id: string;
  stream_id: string;
  node_id: string;
  lease: number;
  region: string;
  state: KnownRecording['state'];
};

/** The recordings of a room, in the SQLite of its object. */
export class RecordingsStore {
  readonly #sql: SqlStorage;

  constructor(components: { sql: SqlStorage }) {
    this.#sql = components.sql;
  }

  static create(components: { sql: SqlStorage }): RecordingsStore {
    components.sql.exec(tables);
    return new RecordingsStore(components);
  }

  of(id: string): KnownRecording | undefined {
    return this.#known('SELECT * FROM recordings WHERE id = ?', id)[0];
  }

  /** Those that are open, of one controller or of all. */
  open(of?: Speaker): KnownRecording[] {
    return of === undefined
      ? this.#known("SELECT * FROM recordings WHERE state = 'open' ORDER BY seq")
      : this.#known(
          `SELECT * FROM recordings WHERE node_id = ? AND lease = ? AND state = 'open' ORDER BY seq`,
          ...[of.nodeId, of.lease],
        );
  }

  save({ id, streamId, nodeId, lease, region, state }: KnownRecording): void {
    this.#sql.exec(
      `INSERT INTO recordings (id, stream_id, node_id, lease, region, state) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET node_id = excluded.node_id, lease = excluded.lease,
         region = excluded.region, state = excluded.state`,
      ...[id, streamId, nodeId, lease, region, state],
    );
    this.#sql.exec(
      'DELETE FROM recordings WHERE seq <= (SELECT MAX(seq) FROM recordings) - ?',
      defaults.recordings,
    );
  }

  /** What a controller that has left said of its recordings does not come again. */
  remove({ nodeId, lease }: Speaker): void {
    this.#sql.exec('DELETE FROM recordings WHERE node_id = ? AND lease = ?', nodeId, lease);
  }

  clear(): void {
    this.#sql.exec('DELETE FROM recordings');
  }

  #known(query: string, ...values: (string | number)[]): KnownRecording[] {
    return this.#sql
      .exec<Row>(query, ...values)
      .toArray()
      .map(({ id, stream_id: streamId, node_id: nodeId, lease, region, state }) => {
        return { id, streamId, nodeId, lease, region, state };
      });
  }
}
