import * as v from 'valibot';
import { defaults } from './defaults.ts';

/** What a socket must be able to do for messages to go out. */
export interface Wire {
  emit(event: string, ...args: unknown[]): unknown;
}

/** Answers a request; only the first answer counts. */
export type Answer = (...args: unknown[]) => void;

/** A message of the other side, delivered once however often it was sent. */
export interface Received {
  event: string;
  msg: unknown;
  answer: Answer;
}

/** What another client gave to be sent: its size, and whether whoever confirms too little misses it, or is ended. */
export interface Given {
  readonly bytes: number;
  readonly mayMiss: boolean;
}

/** What we say ourselves. */
const ours: Given = { bytes: 0, mayMiss: false };

interface Inbound {
  reply: Answer | undefined;
  answered: unknown[] | undefined;
}

const MessageId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Numbered = v.object({ socketgd: MessageId, msg: v.optional(v.unknown()) });
const Confirmation = v.object({ id: MessageId });

const confirmation = 'socketgd_ack';

/**
 * Messages over sockets that come and go (Licode: `common/ReliableSocket.js`). Ours are numbered,
 * kept until confirmed and sent again over the next socket; theirs are delivered once.
 *
 * A message is confirmed when it is answered and not when it arrives: so a client that lost its
 * socket in between sends its request again and then hears the answer, which else nobody repeats.
 */
export class ReliableSocket {
  #wire: Wire | undefined;
  #nextId = 0;
  readonly #pending: { id: number; event: string; msg: unknown; bytes: number }[] = [];
  /** Of what others gave. */
  #pending_bytes = 0;
  #lastSeen = -1;
  #confirmed = -1;
  readonly #inbound = new Map<number, Inbound>();
  /** Ids of what is not answered yet, in the order they came. */
  readonly #waiting = new Set<number>();

  /** Messages of ours that are not confirmed. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Whether they have confirmed anything. */
  get isHeard(): boolean {
    return this.#pending.length < this.#nextId;
  }

  /** Messages of theirs that are not answered. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** From now on messages go over this socket, beginning with those that were not confirmed. */
  attach(wire: Wire): void {
    this.#wire = wire;
    for (const { id, event, msg } of this.#pending) {
      wire.emit(event, { socketgd: id, msg });
    }
  }

  detach(): void {
    this.#wire = undefined;
  }

  /**
   * Sends a message now or over the next socket; false where too many wait to be confirmed, or too much of what others gave.
   * Of that the other side misses what it may where it confirms less than comes, and keeps the room.
   */
  send(event: string, msg: unknown, { bytes, mayMiss }: Given = ours): boolean {
    const waiting_bytes = this.#pending_bytes + bytes;
    const { unconfirmedMessages, unconfirmedData_bytes } = defaults;
    // Twice as much may wait in all, so that it is never data that ends a client.
    const share = mayMiss ? 1 : 2;
    const isTooMuch =
      this.#pending.length >= (unconfirmedMessages / 2) * share ||
      (bytes > 0 && waiting_bytes > unconfirmedData_bytes * share);
    if (isTooMuch) {
      return mayMiss;
    }
    this.#pending_bytes = waiting_bytes;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#pending.push({ id, event, msg, bytes });
    this.#wire?.emit(event, { socketgd: id, msg });
    return true;
  }

  /** What of an event is for the owner: undefined for confirmations and for what was seen before. */
  receive(event: string, args: readonly unknown[]): Received | undefined {
    const [body] = args;
    if (event === confirmation) {
      this.#onConfirmation(body);
      return undefined;
    }
    const last = args.at(-1);
    const reply =
      typeof last === 'function' ? (...answer: unknown[]) => void last(...answer) : undefined;
    const numbered = v.safeParse(Numbered, body);
    if (!numbered.success) {
      return { event, msg: body, answer: once(reply) };
    }
    const { socketgd: id, msg } = numbered.output;
    return id <= this.#lastSeen ? this.#again(id, reply) : this.#first(id, event, msg, reply);
  }

  #first(id: number, event: string, msg: unknown, reply: Answer | undefined): Received {
    const inbound: Inbound = { reply, answered: undefined };
    this.#lastSeen = id;
    this.#inbound.set(id, inbound);
    this.#waiting.add(id);
    const answer: Answer = (...args) => {
      if (inbound.answered === undefined) {
        inbound.answered = args;
        inbound.reply?.(...args);
        this.#waiting.delete(id);
        this.#confirm();
      }
    };
    return { event, msg, answer };
  }

  /** The other side repeats what it believes lost: the answer, or only the confirmation, was. */
  #again(id: number, reply: Answer | undefined): undefined {
    const inbound = this.#inbound.get(id);
    if (inbound !== undefined) {
      inbound.reply = reply;
      if (inbound.answered !== undefined) {
        reply?.(...inbound.answered);
      }
    }
    if (id <= this.#confirmed) {
      this.#wire?.emit(confirmation, { id: this.#confirmed });
    }
  }

  /** A confirmation covers all that came before it, so it goes no further than the first that waits. */
  #confirm(): void {
    const [firstWaiting] = this.#waiting;
    const confirmed = firstWaiting === undefined ? this.#lastSeen : firstWaiting - 1;
    if (confirmed > this.#confirmed) {
      this.#confirmed = confirmed;
      this.#wire?.emit(confirmation, { id: confirmed });
    }
    for (const id of this.#inbound.keys()) {
      if (id > this.#confirmed || this.#inbound.size <= defaults.keptAnswers) {
        return;
      }
      this.#inbound.delete(id);
    }
  }

  #onConfirmation(body: unknown): void {
    const parsed = v.safeParse(Confirmation, body);
    if (!parsed.success) {
      return;
    }
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      if (first.id > parsed.output.id) {
        return;
      }
      this.#pending.shift();
      this.#pending_bytes -= first.bytes;
    }
  }
}

function once(reply: Answer | undefined): Answer {
  let open = true;
  return (...args) => {
    if (open) {
      open = false;
      reply?.(...args);
    }
  };
}
