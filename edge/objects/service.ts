import { DurableObject } from 'cloudflare:workers';
import { equalInConstantTime } from '../../protocol/bytes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newHexId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { MAuth } from '../../protocol/mauth.ts';
import { mauthSignature } from '../../protocol/mauth.ts';
import { configOf } from '../config.ts';
import { createLog } from '../log.ts';
import type { ServiceApi, ServiceEntry } from './api.ts';
import type { Bindings } from './stubs.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf } from './outcome.ts';

const log = createLog({ object: 'service' });

const tables = `
  CREATE TABLE IF NOT EXISTS service (id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS nonces_by_time ON nonces (seen_ms);
  CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, name TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS rooms_by_name ON rooms (name);`;

/** One service (Licode: a row of `services`): who may sign requests, and which rooms are theirs. */
export class Service extends DurableObject<Bindings> implements ServiceApi {
  readonly #sql: SqlStorage;
  #hasTables: boolean;
  #sweptAt_ms = 0;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#hasTables =
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'service'").toArray().length > 0;
  }

  found(service: ServiceEntry & { key: string }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#makeTables();
      const { id, name, key } = service;
      this.#sql.exec(
        'INSERT OR REPLACE INTO service (id, name, key) VALUES (?, ?, ?)',
        id,
        name,
        key,
      );
      return null;
    });
  }

  authenticate(request: {
    mauth: MAuth;
    roomId?: string;
  }): Promise<Outcome<{ roomIsOurs: boolean }>> {
    return outcomeOf(log, async () => {
      const { mauth, roomId } = request;
      const key = this.#keyOf(mauth.serviceid);
      const expected = key === undefined ? undefined : await mauthSignature(key, mauth);
      if (expected === undefined || !equalInConstantTime(expected, mauth.signature)) {
        throw new RizomaError(
          'unauthorized',
          'the service is unknown or the signature is not its own',
        );
      }
      this.#refuseReplay(mauth, Date.now());
      return { roomIsOurs: roomId !== undefined && this.#hasRoom(roomId) };
    });
  }

  indexRoom(room: {
    serviceId: string;
    name: string;
    getOrCreate: boolean;
  }): Promise<Outcome<string>> {
    return outcomeOf(log, () => {
      this.#makeTables();
      const known = room.getOrCreate ? this.#roomOfName(room.name) : undefined;
      if (known !== undefined) {
        return known;
      }
      const roomId = newHexId();
      this.#sql.exec('INSERT INTO rooms (id, name) VALUES (?, ?)', roomId, room.name);
      log.info('a room was made', { serviceId: room.serviceId, roomId });
      return roomId;
    });
  }

  /** The superservice's key is configuration: it can be changed without asking anybody. */
  #keyOf(serviceId: string): string | undefined {
    const { superservice } = configOf(this.env);
    if (serviceId === superservice.id) {
      this.#makeTables();
      return superservice.key;
    }
    if (!this.#hasTables) {
      return undefined;
    }
    const rows = this.#sql.exec<{ key: string }>('SELECT key FROM service WHERE id = ?', serviceId);
    return rows.toArray()[0]?.key;
  }

  /**
   * A request is good once, and only while its time is near ours. Licode compares with the last
   * request alone, so that honest ones which overtake each other are refused there.
   */
  #refuseReplay(mauth: MAuth, now_ms: number): void {
    if (Math.abs(now_ms - Number(mauth.timestamp)) > limits.clockSkew_s * 1000) {
      throw new RizomaError('unauthorized', 'the timestamp is off: set the clock of the caller');
    }
    this.#sweepNonces(now_ms);
    const nonce = `${mauth.timestamp},${mauth.cnonce}`;
    const written = this.#sql.exec(
      'INSERT OR IGNORE INTO nonces (nonce, seen_ms) VALUES (?, ?)',
      nonce,
      now_ms,
    );
    if (written.rowsWritten === 0) {
      throw new RizomaError('unauthorized', 'the request was sent before: sign each one anew');
    }
  }

  #sweepNonces(now_ms: number): void {
    if (now_ms - this.#sweptAt_ms < limits.clockSkew_s * 1000) {
      return;
    }
    this.#sweptAt_ms = now_ms;
    this.#sql.exec('DELETE FROM nonces WHERE seen_ms < ?', now_ms - limits.replayWindow_s * 1000);
  }

  #hasRoom(roomId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM rooms WHERE id = ?', roomId).toArray().length > 0;
  }

  #roomOfName(name: string): string | undefined {
    const rows = this.#sql.exec<{ id: string }>(
      'SELECT id FROM rooms WHERE name = ? ORDER BY rowid LIMIT 1',
      name,
    );
    return rows.toArray()[0]?.id;
  }

  /** Not in the constructor: whoever asks for services that do not exist must not fill the storage. */
  #makeTables(): void {
    if (!this.#hasTables) {
      this.#sql.exec(tables);
      this.#hasTables = true;
    }
  }
}
