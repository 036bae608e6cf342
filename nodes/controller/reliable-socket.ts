import * as v from 'valibot';
import { sizeOf } from '../../protocol/contracts/client.ts';
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

/** What is to be known of a message that another client caused. */
export interface SendOptions {
  /** The size of what the other one gave: who confirms less than comes misses that, and keeps the room. */
  readonly data_bytes?: number;
  /** What waits under the same key counts no more once this does. */
  readonly key?: string;
}

/** What becomes of a message: it goes out now or over the next socket, it is left out, or too many wait. */
export type Sent = 'sent' | 'missed' | 'full';

interface Pending {
  readonly event: string;
  readonly msg: unknown;
  readonly bytes: number;
  readonly data_bytes: number;
  readonly key: string | undefined;
}

interface Inbound {
  reply: Answer | undefined;
  answered: unknown[] | undefined;
  /** Over which the answer went. */
  over: Wire | undefined;
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
  /** By number, in the order in which they go out. */
  readonly #pending = new Map<number, Pending>();
  readonly #byKey = new Map<string, number>();
  #pending_bytes = 0;
  #pendingData_bytes = 0;
  /** The number of the last message that went out over any socket. */
  #lastSent = -1;
  #lastSeen = -1;
  #confirmed = -1;
  #isHeard = false;
  readonly #inbound = new Map<number, Inbound>();
  /** Ids of what is not answered yet, in the order they came. */
  readonly #waiting = new Set<number>();

  /** Messages of ours that are not confirmed. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether they have confirmed anything. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Messages of theirs that are not answered. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** From now on messages go over this socket, beginning with those that were not confirmed. */
  attach(wire: Wire): void {
    this.#wire = wire;
    for (const [id, { event, msg }] of this.#pending) {
      this.#emit(wire, id, event, msg);
    }
  }

  detach(): void {
    this.#wire = undefined;
  }

  /** Sends a message now or over the next socket. */
  send(event: string, msg: unknown, { data_bytes = 0, key }: SendOptions = {}): Sent {
    const takesPlace = key !== undefined && this.#drop(this.#byKey.get(key));
    const pending = { event, msg, key, data_bytes, bytes: bytesOf(msg) };
    if (data_bytes > 0 && !takesPlace && this.#isMissed(pending)) {
      return 'missed';
    }
    const isFull =
      this.#pending.size >= defaults.unconfirmedMessages ||
      this.#pending_bytes + pending.bytes > defaults.unconfirmed_bytes;
    if (isFull) {
      return 'full';
    }
    const id = this.#nextId;
    this.#nextId += 1;
    this.#keep(id, pending);
    if (this.#wire !== undefined) {
      this.#emit(this.#wire, id, event, msg);
    }
    return 'sent';
  }

  /** Data goes before it takes the place of what has to come. */
  #isMissed({ bytes, data_bytes }: Pending): boolean {
    return (
      this.#pending.size >= defaults.unconfirmedMessages / 2 ||
      this.#pendingData_bytes + data_bytes > defaults.unconfirmedData_bytes ||
      this.#pending_bytes + bytes > defaults.unconfirmed_bytes
    );
  }

  #emit(wire: Wire, id: number, event: string, msg: unknown): void {
    this.#lastSent = Math.max(this.#lastSent, id);
    wire.emit(event, { socketgd: id, msg });
  }

  #keep(id: number, pending: Pending): void {
    this.#pending.set(id, pending);
    this.#pending_bytes += pending.bytes;
    this.#pendingData_bytes += pending.data_bytes;
    if (pending.key !== undefined) {
      this.#byKey.set(pending.key, id);
    }
  }

  /** It waits no more. Answers whether it did. */
  #drop(id: number | undefined): boolean {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) {
      return false;
    }
    this.#pending.delete(id);
    this.#pending_bytes -= pending.bytes;
    this.#pendingData_bytes -= pending.data_bytes;
    if (pending.key !== undefined) {
      this.#byKey.delete(pending.key);
    }
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
    const inbound: Inbound = { reply, answered: undefined, over: undefined };
    this.#lastSeen = id;
    this.#inbound.set(id, inbound);
    this.#waiting.add(id);
    const answer: Answer = (...args) => {
      if (inbound.answered === undefined) {
        inbound.answered = args;
        inbound.over = this.#wire;
        inbound.reply?.(...args);
        this.#waiting.delete(id);
        this.#confirm();
      }
    };
    return { event, msg, answer };
  }

  /**
   * The other side repeats what it believes lost: the answer, or only the confirmation, was. Over one socket nothing is lost,
   * so an answer goes over each once.
   */
  #again(id: number, reply: Answer | undefined): undefined {
    const inbound = this.#inbound.get(id);
    if (inbound !== undefined) {
      inbound.reply = reply;
      if (inbound.answered !== undefined && inbound.over !== this.#wire) {
        inbound.over = this.#wire;
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

  /** What never went out nobody can have got. */
  #onConfirmation(body: unknown): void {
    const parsed = v.safeParse(Confirmation, body);
    if (!parsed.success) {
      return;
    }
    const last = Math.min(parsed.output.id, this.#lastSent);
    this.#isHeard ||= last >= 0;
    for (const id of this.#pending.keys()) {
      if (id > last) {
        return;
      }
      this.#drop(id);
    }
  }
}

/** What all in a room are told is one object, and measured once. */
const sizes = new WeakMap<object, number>();

function bytesOf(msg: unknown): number {
  if (typeof msg !== 'object' || msg === null) {
    return sizeOf(msg) + defaults.message_bytes;
  }
  const bytes = sizes.get(msg) ?? sizeOf(msg) + defaults.message_bytes;
  sizes.set(msg, bytes);
  return bytes;
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
