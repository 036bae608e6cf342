import { sizeOf } from '../../protocol/bytes.ts';
import type { Presence, RoomUser } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';

/**
 * What the Room object is to be told of who is in a room here: the difference between those who are and
 * those of whom it knows, as much of it as one message holds. Whoever came and went in between is not
 * told at all.
 */
export class PresenceBatches {
  #number = 0;
  /** The number of the first message of a whole that is under way. */
  #first: number | undefined;
  /** Ids of those whom the Room object knows. */
  #told = new Set<string>();

  /** All who are here are told anew, whatever became of what was told before. */
  begin(): void {
    this.#told = new Set();
    this.#first = this.#number + 1;
  }

  /** The next message; undefined where there is nothing to tell. `more`: it does not hold all. */
  next(users: readonly RoomUser[]): { presence: Presence; more: boolean } | undefined {
    const here = new Set(users.map(({ clientId }) => clientId));
    const gone = [...this.#told].filter((clientId) => !here.has(clientId));
    const isNew = users.filter(({ clientId }) => !this.#told.has(clientId));
    const went = gone.slice(0, limits.presenceUsers);
    const came = fitting(isNew);
    const more = went.length < gone.length || came.length < isNew.length;
    const first = this.#first;
    // Of a room in which nobody was told there is nothing to correct.
    const nothing = this.#number === 0 || first === undefined;
    if (came.length === 0 && went.length === 0 && nothing) {
      return undefined;
    }
    this.#number += 1;
    const whole = first === undefined ? {} : { whole: { first, last: !more } };
    return { presence: { number: this.#number, came, went, ...whole }, more };
  }

  /** The Room object has taken the message; one from before a new beginning counts no more. */
  taken({ number, came, went, whole }: Presence): void {
    if (this.#first !== undefined && number < this.#first) {
      return;
    }
    for (const { clientId } of came) {
      this.#told.add(clientId);
    }
    for (const clientId of went) {
      this.#told.delete(clientId);
    }
    if (whole?.last === true) {
      this.#first = undefined;
    }
  }
}

function fitting(users: readonly RoomUser[]): RoomUser[] {
  let bytes = 0;
  const end = users.findIndex((user) => {
    bytes += sizeOf(user);
    return bytes > limits.presence_bytes;
  });
  return users.slice(0, Math.min(end < 0 ? users.length : end, limits.presenceUsers));
}
