import { sizeOf } from '../../protocol/bytes.ts';
import type { Leavings, Presence, ProvableUser } from '../../protocol/contracts/node-edge.ts';
import type { Entry } from '../../protocol/entry.ts';
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
  /** Those who left for good and of whom it does not know so, by client id; the eldest first. */
  readonly #left = new Map<string, Entry>();
  /** There were more of them than are kept. */
  #forgotten = false;

  /** A client left for good, however short it was here. */
  left(entry: Entry): void {
    this.#left.delete(entry.clientId);
    this.#left.set(entry.clientId, entry);
    const [eldest] = this.#left.keys();
    if (this.#left.size > limits.leavings && eldest !== undefined) {
      this.#left.delete(eldest);
      this.#forgotten = true;
    }
  }

  /** Those of whom it does not know yet that they left for good; undefined where there are none. */
  untold(most: number = limits.leavings): Leavings | undefined {
    const clients = [...this.#left.values()].slice(0, most);
    return clients.length === 0 && !this.#forgotten
      ? undefined
      : { clients, forgotten: this.#forgotten };
  }

  /** All who are here are told anew, whatever became of what was told before. */
  begin(): void {
    this.#told = new Set();
    this.#first = this.#number + 1;
  }

  /** The next message; undefined where there is nothing to tell. `more`: it does not hold all. */
  next(users: readonly ProvableUser[]): { presence: Presence; more: boolean } | undefined {
    const here = new Set(users.map(({ clientId }) => clientId));
    const gone = [...this.#told].filter((clientId) => !here.has(clientId));
    const isNew = users.filter(({ clientId }) => !this.#told.has(clientId));
    const went = gone.slice(0, limits.presenceUsers);
    const came = fitting(isNew);
    const left = this.untold(limits.leavingsTold);
    const rest = this.#left.size - (left?.clients.length ?? 0);
    const more = went.length < gone.length || came.length < isNew.length || rest > 0;
    const first = this.#first;
    // Of a room in which nobody was told there is nothing to correct.
    const nothing = this.#number === 0 || first === undefined;
    if (came.length === 0 && went.length === 0 && left === undefined && nothing) {
      return undefined;
    }
    this.#number += 1;
    const whole = first === undefined ? {} : { whole: { first, last: !more } };
    const leavings = left === undefined ? {} : { left };
    return { presence: { number: this.#number, came, went, ...leavings, ...whole }, more };
  }

  /** The Room object has taken the message; one from before a new beginning counts no more. */
  taken({ number, came, went, left, whole }: Presence): void {
    for (const { clientId, enteredAt_ms } of left?.clients ?? []) {
      if (this.#left.get(clientId)?.enteredAt_ms === enteredAt_ms) {
        this.#left.delete(clientId);
      }
    }
    this.#forgotten &&= left?.forgotten !== true;
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

function fitting(users: readonly ProvableUser[]): ProvableUser[] {
  let bytes = 0;
  const end = users.findIndex((user) => {
    bytes += sizeOf(user);
    return bytes > limits.presence_bytes;
  });
  return users.slice(0, Math.min(end < 0 ? users.length : end, limits.presenceUsers));
}
