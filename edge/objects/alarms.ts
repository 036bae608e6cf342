import type { EdgeLog } from '../log.ts';

export interface AlarmsComponents {
  readonly storage: Pick<DurableObjectStorage, 'sql' | 'setAlarm' | 'getAlarm' | 'deleteAlarm'>;
  readonly now: () => number;
  readonly log: EdgeLog;
}

const defaults = {
  /** After a task that failed. */
  retry_ms: 10_000,
} as const;

/** Answers when it is to be run again; undefined where that is never. */
export type AlarmTask = () => Promise<number | undefined>;

/**
 * Several alarms of one object, which the platform gives one: each purpose has its time, the earliest
 * has the platform's alarm. It rings at least once, so a task may be run twice and must not mind.
 */
export class Alarms<Purpose extends string> {
  readonly #parts: AlarmsComponents;
  /** The earliest time that each purpose was given since its task was last begun. */
  readonly #armed = new Map<string, number>();

  constructor(components: AlarmsComponents) {
    this.#parts = components;
    components.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS alarms (purpose TEXT PRIMARY KEY, at_ms INTEGER NOT NULL)',
    );
  }

  /** The task of that purpose is run at that time, or earlier where that was asked for before. */
  async arm(purpose: Purpose, at_ms: number): Promise<void> {
    const { storage } = this.#parts;
    this.#armed.set(purpose, Math.min(at_ms, this.#armed.get(purpose) ?? at_ms));
    const next_ms = this.#next();
    storage.sql.exec(
      `INSERT INTO alarms (purpose, at_ms) VALUES (?, ?)
       ON CONFLICT (purpose) DO UPDATE SET at_ms = MIN(at_ms, excluded.at_ms)`,
      ...[purpose, at_ms],
    );
    if (next_ms === undefined || next_ms > at_ms) {
      // Before anything is awaited, so that it is stored with what it is armed for, or neither is.
      await storage.setAlarm(at_ms);
      return;
    }
    const set_ms = await storage.getAlarm();
    if (set_ms === null || set_ms > at_ms) {
      await storage.setAlarm(at_ms);
    }
  }

  /** The task of that purpose is not run any more. */
  async disarm(purpose: Purpose): Promise<void> {
    this.#armed.delete(purpose);
    this.#parts.storage.sql.exec('DELETE FROM alarms WHERE purpose = ?', purpose);
    if (this.#next() === undefined) {
      await this.#parts.storage.deleteAlarm();
    }
  }

  /** The platform's alarm rang: runs what is due. A task that throws is run again later. */
  async ring(tasks: Readonly<Record<Purpose, AlarmTask>>): Promise<void> {
    for (const purpose of this.#due()) {
      const task = Object.entries<AlarmTask>(tasks).find(([name]) => name === purpose)?.[1];
      const again_ms = await this.#run(purpose, task);
      if (again_ms === undefined) {
        this.#parts.storage.sql.exec('DELETE FROM alarms WHERE purpose = ?', purpose);
      } else {
        this.#put(purpose, again_ms);
      }
    }
    const next_ms = this.#next();
    if (next_ms !== undefined) {
      await this.#parts.storage.setAlarm(next_ms);
    }
  }

  /** Its row stays until the task is done: should the object die meanwhile, the alarm rings again. */
  async #run(purpose: string, task: AlarmTask | undefined): Promise<number | undefined> {
    this.#armed.delete(purpose);
    let next_ms: number | undefined;
    try {
      next_ms = await task?.();
    } catch (thrown) {
      this.#parts.log.error('an alarm could not be served', thrown, { purpose });
      next_ms = this.#parts.now() + defaults.retry_ms;
    }
    const armed_ms = this.#armed.get(purpose);
    return armed_ms === undefined ? next_ms : Math.min(armed_ms, next_ms ?? armed_ms);
  }

  #put(purpose: string, at_ms: number): void {
    this.#parts.storage.sql.exec(
      'INSERT OR REPLACE INTO alarms (purpose, at_ms) VALUES (?, ?)',
      ...[purpose, at_ms],
    );
  }

  #due(): string[] {
    const rows = this.#parts.storage.sql.exec<{ purpose: string }>(
      'SELECT purpose FROM alarms WHERE at_ms <= ? ORDER BY at_ms',
      this.#parts.now(),
    );
    return rows.toArray().map(({ purpose }) => purpose);
  }

  #next(): number | undefined {
    const row = this.#parts.storage.sql
      .exec<{ next: number | null }>('SELECT MIN(at_ms) AS next FROM alarms')
      .one();
    return row.next ?? undefined;
  }
}
