import { RizomaError } from '../../protocol/errors.ts';
import type {
  DeadEventsAnswer,
  PutWebhookRequest,
  WebhookAnswer,
} from '../../protocol/contracts/webhooks.ts';
import { WebhookEvent, webhookEvents } from '../../protocol/contracts/webhooks.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { Hook, HookSettings, LostEvent } from '../room/webhooks.ts';
import { HookSettings as HookSettingsSchema } from '../room/webhooks.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS webhook
    (only INTEGER PRIMARY KEY CHECK (only = 1), settings TEXT NOT NULL, forgotten INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS dead_events
    (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, room_id TEXT NOT NULL,
     event TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, why TEXT NOT NULL,
     died_ms INTEGER NOT NULL);`;

const defaults = {
  /** Dead events that are kept; with streams of the largest attributes they are 20 MiB. */
  dead: 1_000,
  /** In one page of their list. */
  page_events: 50,
} as const;

type DeadRow = {
  number: number;
  id: string;
  room_id: string;
  event: string;
  body: string;
  attempts: number;
  why: string;
  died_ms: number;
};

/** The webhook of a service and the events that could not be delivered, in the SQLite of its object. */
export class ServiceWebhooks {
  readonly #sql: SqlStorage;
  readonly #now: () => number;
  readonly #newSecret: () => string;
  #hasTables: boolean;

  constructor(components: { sql: SqlStorage; now: () => number; newSecret: () => string }) {
    this.#sql = components.sql;
    this.#now = components.now;
    this.#newSecret = components.newSecret;
    this.#hasTables =
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'dead_events'").toArray().length > 0;
  }

  /** All storage was deleted. */
  forgetTables(): void {
    this.#hasTables = false;
  }

  /** The settings; null where they are of the version that is known. */
  hook(known: number | undefined): HookSettings | null {
    const settings = this.#settings();
    return settings.version === known ? null : settings;
  }

  put({ url, events, secret }: PutWebhookRequest): WebhookAnswer {
    const { version, hook: before } = this.#settings();
    const made = secret === undefined && before === undefined ? this.#newSecret() : undefined;
    const hook: Hook = {
      url,
      events: webhookEvents.filter((event) => events?.includes(event) ?? true),
      secret: secret ?? before?.secret ?? made ?? '',
    };
    this.#save({ version: version + 1, hook });
    return { ...this.about(), ...(made === undefined ? {} : { secret: made }) };
  }

  /** Throws `not_found` where there is no webhook. */
  about(): WebhookAnswer {
    const { version } = this.#settings();
    const { url, events } = this.#hook();
    const dead = this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM dead_events').one().n;
    return { url, events, version, dead, forgotten: this.#forgotten() };
  }

  /** Idempotent. Events that are dead stay listed. */
  remove(): void {
    const { version, hook } = this.#settings();
    if (hook !== undefined) {
      this.#save({ version: version + 1 });
    }
  }

  /**
   * Keeps events that a room has given up; those it told before are passed over. `forgotten` others the
   * room could not keep.
   */
  bury({ lost, forgotten }: { lost: readonly LostEvent[]; forgotten: number }): void {
    if (!this.#hasTables) {
      return;
    }
    for (const { id, roomId, event, body, attempts, why } of lost) {
      this.#sql.exec(
        `INSERT OR IGNORE INTO dead_events (id, room_id, event, body, attempts, why, died_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ...[id, roomId, event, body, attempts, why, this.#now()],
      );
    }
    const removed = this.#sql.exec(
      `DELETE FROM dead_events WHERE number <=
         (SELECT number FROM dead_events ORDER BY number DESC LIMIT 1 OFFSET ?) RETURNING number`,
      defaults.dead,
    );
    this.#sql.exec(
      'UPDATE webhook SET forgotten = forgotten + ?',
      forgotten + removed.toArray().length,
    );
  }

  /** Those after that number, the oldest first. */
  dead(after: number): DeadEventsAnswer {
    const rows = this.#hasTables
      ? this.#sql
          .exec<DeadRow>(
            'SELECT * FROM dead_events WHERE number > ? ORDER BY number LIMIT ?',
            ...[after, defaults.page_events],
          )
          .toArray()
      : [];
    const next = rows.length < defaults.page_events ? undefined : rows.at(-1)?.number;
    const deadEvents = rows.map(({ number, attempts, why, died_ms, body }) => {
      const diedAt = new Date(died_ms).toISOString();
      return {
        number,
        attempts,
        why,
        diedAt,
        event: parseJson(WebhookEvent, body, 'dead event', 'internal'),
      };
    });
    return { deadEvents, ...(next === undefined ? {} : { next }) };
  }

  /**
   * The dead event that is to be tried again. Throws `not_found` where there is none of that id,
   * `conflict` where there is no webhook any more.
   */
  lost(id: string): LostEvent {
    const rows = this.#hasTables
      ? this.#sql.exec<DeadRow>('SELECT * FROM dead_events WHERE id = ?', id).toArray()
      : [];
    const [row] = rows;
    if (row === undefined) {
      throw new RizomaError('not_found', 'no dead event has this id');
    }
    if (this.#settings().hook === undefined) {
      throw new RizomaError('conflict', 'there is no webhook to send it to: PUT /webhook first');
    }
    const { room_id: roomId, event, body, attempts, why } = row;
    return { id, roomId, event, body, attempts, why };
  }

  /** It is no longer among the dead. */
  raise(id: string): void {
    this.#sql.exec('DELETE FROM dead_events WHERE id = ?', id);
  }

  #hook(): Hook {
    const { hook } = this.#settings();
    if (hook === undefined) {
      throw new RizomaError('not_found', 'the service has no webhook: PUT /webhook makes one');
    }
    return hook;
  }

  #settings(): HookSettings {
    const row = this.#hasTables
      ? this.#sql.exec<{ settings: string }>('SELECT settings FROM webhook').toArray()[0]
      : undefined;
    return row === undefined
      ? { version: 0 }
      : parseJson(HookSettingsSchema, row.settings, 'stored webhook', 'internal');
  }

  #forgotten(): number {
    return this.#sql.exec<{ forgotten: number }>('SELECT forgotten FROM webhook').one().forgotten;
  }

  #save(settings: HookSettings): void {
    if (!this.#hasTables) {
      this.#sql.exec(tables);
      this.#hasTables = true;
    }
    this.#sql.exec(
      `INSERT INTO webhook (only, settings, forgotten) VALUES (1, ?, 0)
       ON CONFLICT (only) DO UPDATE SET settings = excluded.settings`,
      JSON.stringify(settings),
    );
  }
}
