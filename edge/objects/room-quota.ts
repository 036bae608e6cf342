import { RizomaError } from '../../protocol/errors.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS usage
    (only INTEGER PRIMARY KEY CHECK (only = 1), rooms INTEGER NOT NULL, bytes INTEGER NOT NULL);`;

interface Usage {
  readonly rooms: number;
  readonly bytes: number;
}

/** How many rooms a service has, and how large they are: kept as sums, since to count them anew would read them all. */
export class RoomQuota {
  readonly #sql: SqlStorage;
  readonly #most: Usage;
  /** As it is stored. */
  #used: Usage | undefined;

  constructor(components: { sql: SqlStorage }, options: { most: Usage }) {
    this.#sql = components.sql;
    this.#most = options.most;
  }

  makeTables(): void {
    this.#sql.exec(tables);
  }

  /** Throws `quota_reached` where so much more is too much. Whoever makes less of it is never refused. */
  demand(more: Usage): void {
    const used = this.#read();
    const { rooms, bytes } = this.#most;
    if (more.rooms > 0 && used.rooms + more.rooms > rooms) {
      throw new RizomaError(
        'quota_reached',
        `the service has ${rooms} rooms, which is all that it may have: delete some, or make another service`,
        { details: { quota: 'roomsPerService', limit: rooms } },
      );
    }
    if (more.bytes > 0 && used.bytes + more.bytes > bytes) {
      throw new RizomaError(
        'quota_reached',
        `the rooms of the service have ${bytes} bytes together, which is all that they may have: delete some, or keep less data in them`,
        { details: { quota: 'serviceRooms_bytes', limit: bytes } },
      );
    }
  }

  /** So much has come to it, or gone where that is negative. */
  add(more: Usage): void {
    const { rooms, bytes } = this.#read();
    this.#used = { rooms: rooms + more.rooms, bytes: bytes + more.bytes };
    this.#sql.exec(
      'INSERT OR REPLACE INTO usage (only, rooms, bytes) VALUES (1, ?, ?)',
      ...[this.#used.rooms, this.#used.bytes],
    );
  }

  /** All storage was deleted. */
  forget(): void {
    this.#used = undefined;
  }

  #read(): Usage {
    this.#used ??= this.#sql
      .exec<{ rooms: number; bytes: number }>('SELECT rooms, bytes FROM usage')
      .toArray()[0] ?? { rooms: 0, bytes: 0 };
    return this.#used;
  }
}
