import * as v from 'valibot';
import { RoomId, ServiceId } from '../../protocol/ids.ts';
import { parseJson } from '../../protocol/parse.ts';
import { HookSettings } from '../room/webhooks.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS webhook (only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS outbox
    (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, event TEXT NOT NULL,
     body TEXT NOT NULL, numbered INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
     next_ms INTEGER NOT NULL DEFAULT 0, why TEXT);
  CREATE INDEX IF NOT EXISTS waiting_events ON outbox (position) WHERE why IS NULL;
  CREATE INDEX IF NOT EXISTS dead_events ON outbox (position) WHERE why IS NOT NULL;`;

/** What a room knows of the webhook of its service, and of what it has told it. */
const WebhookState = v.strictObject({
  /** Absent for a room that was made before rooms knew their service. */
  owner: v.optional(v.strictObject({ serviceId: ServiceId, roomId: RoomId })),
  /** Of the session that goes on, or the last one. */
  sessionId: v.optional(v.string()),
  /** The number of the event that was sent last. */
  sequence: v.number(),
  settings: v.optional(HookSettings),
  /** When the service was last asked for its settings. */
  askedAt_ms: v.number(),
  /** Events that were lost since the service was last told of such. */
  forgotten: v.number(),
});
export type WebhookState = v.InferOutput<typeof WebhookState>;

export const emptyWebhookState: WebhookState = { sequence: 0, askedAt_ms: 0, forgotten: 0 };

/** An event that is to be sent. */
export interface OutboxEvent {
  readonly id: string;
  readonly event: string;
  /** Its JSON. */
  readonly body: string;
  /** Whether it has its number. */
  readonly numbered: boolean;
}

export interface WaitingEvent extends OutboxEvent {
  readonly position: number;
  readonly attempts: number;
  /** It is not tried before. */
  readonly next_ms: number;
}

export interface DeadEvent extends WaitingEvent {
  readonly why: string;
}

type Row = {
  position: number;
  id: string;
  event: string;
  body: string;
  numbered: number;
  attempts: number;
  next_ms: number;
  why: string | null;
};

/** The events of a room that are on their way to its service, in the SQLite of its object. */
export class OutboxStore {
  readonly #sql: SqlStorage;

  constructor(components: { sql: SqlStorage }) {
    this.#sql = components.sql;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  state(): WebhookState {
    const row = this.#sql.exec<{ state: string }>('SELECT state FROM webhook').toArray()[0];
    return row === undefined
      ? emptyWebhookState
      : parseJson(WebhookState, row.state, 'stored webhook', 'internal');
  }

  saveState(state: WebhookState): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO webhook (only, state) VALUES (1, ?)',
      JSON.stringify(state),
    );
  }

  append({ id, event, body, numbered }: OutboxEvent): void {
    this.#sql.exec(
      'INSERT INTO outbox (id, event, body, numbered) VALUES (?, ?, ?, ?)',
      ...[id, event, body, Number(numbered)],
    );
  }

  count(): { waiting: number; dead: number } {
    return this.#sql
      .exec<{ waiting: number; dead: number }>(
        'SELECT COUNT(*) - COUNT(why) AS waiting, COUNT(why) AS dead FROM outbox',
      )
      .one();
  }

  /** The oldest one that waits. */
  head(): WaitingEvent | undefined {
    const rows = this.#sql.exec<Row>(
      'SELECT * FROM outbox WHERE why IS NULL ORDER BY position LIMIT 1',
    );
    const row = rows.toArray()[0];
    return row && { ...row, numbered: row.numbered === 1 };
  }

  /** It has its number now. */
  setNumbered(position: number, body: string): void {
    this.#sql.exec(
      'UPDATE outbox SET body = ?, numbered = 1 WHERE position = ?',
      ...[body, position],
    );
  }

  setAttempts(position: number, attempts: number, next_ms: number): void {
    this.#sql.exec(
      'UPDATE outbox SET attempts = ?, next_ms = ? WHERE position = ?',
      ...[attempts, next_ms, position],
    );
  }

  /** It is not tried any more; its service is yet to be told. False where it was dead already, or gone. */
  kill(position: number, why: string): boolean {
    const written = this.#sql.exec(
      'UPDATE outbox SET why = ? WHERE position = ? AND why IS NULL RETURNING position',
      ...[why, position],
    );
    return written.toArray().length > 0;
  }

  /** The oldest of those that are dead. */
  dead(limit: number): DeadEvent[] {
    const rows = this.#sql.exec<Row>(
      'SELECT * FROM outbox WHERE why IS NOT NULL ORDER BY position LIMIT ?',
      limit,
    );
    return rows
      .toArray()
      .map((row) => ({ ...row, numbered: row.numbered === 1, why: row.why ?? '' }));
  }

  /** What it was; undefined where it was gone. */
  remove(position: number): 'waiting' | 'dead' | undefined {
    const row = this.#sql
      .exec<{ why: string | null }>('DELETE FROM outbox WHERE position = ? RETURNING why', position)
      .toArray()[0];
    return row && (row.why === null ? 'waiting' : 'dead');
  }

  removeAll(): void {
    this.#sql.exec('DELETE FROM outbox');
  }

  /** Nothing is kept of the room. */
  clear(): void {
    this.removeAll();
    this.#sql.exec('DELETE FROM webhook');
  }
}
