import * as v from 'valibot';
import { RizomaError } from '../../protocol/errors.ts';

/** What a reliable socket needs of the one below it; socket.io's `Socket` is one. */
export interface RawSocket {
  readonly connected: boolean;
  emit(event: string, ...args: unknown[]): unknown;
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
}

export interface ReliableSocketOptions {
  /** Messages that wait for their confirmation; past it `send` throws `overloaded`. */
  unconfirmedMessages: number;
  /** Each message from the other side, once and in order. */
  onMessage: (event: string, message: unknown) => void;
}

export type Answer = (...args: unknown[]) => void;

interface Unconfirmed {
  readonly number: number;
  readonly event: string;
  readonly message: unknown;
  readonly onAnswer: Answer | undefined;
}

const confirmation = 'socketgd_ack';
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Numbered = v.object({ socketgd: number, msg: v.optional(v.unknown()) });
const Confirmation = v.object({ id: number });

/**
 * Licode's ReliableSocket: messages carry a number, the other side confirms it, and what is not
 * confirmed is sent again when the socket below is back. A number at or below the last one seen is
 * a repetition, and dropped.
 */
export class ReliableSocket {
  readonly #socket: RawSocket;
  readonly #options: ReliableSocketOptions;
  #unconfirmed: Unconfirmed[] = [];
  #next = 0;
  #lastSeen = -1;

  constructor(components: { socket: RawSocket }, options: ReliableSocketOptions) {
    this.#socket = components.socket;
    this.#options = options;
    this.#socket.onAny((event, ...args) => this.#receive(event, args[0]));
  }

  get unconfirmed(): number {
    return this.#unconfirmed.length;
  }

  /** Sends once the socket below is up, and again until it is confirmed. Answers its number. */
  send(event: string, message: unknown, onAnswer?: Answer): number {
    if (this.#unconfirmed.length >= this.#options.unconfirmedMessages) {
      throw new RizomaError('overloaded', 'the controller has not confirmed the last messages');
    }
    const entry = { number: this.#next, event, message, onAnswer };
    this.#next += 1;
    this.#unconfirmed.push(entry);
    // socket.io would keep it while it is down, and then send it beside our own repetition.
    if (this.#socket.connected) {
      this.#put(entry);
    }
    return entry.number;
  }

  isConfirmed(messageNumber: number): boolean {
    const [first] = this.#unconfirmed;
    return messageNumber < (first === undefined ? this.#next : first.number);
  }

  /** To be called when the socket below is back: sends what was not confirmed. */
  resend(): void {
    for (const entry of this.#unconfirmed) {
      this.#put(entry);
    }
  }

  #put(entry: Unconfirmed): void {
    const args: unknown[] = [{ socketgd: entry.number, msg: entry.message }];
    if (entry.onAnswer !== undefined) {
      args.push(entry.onAnswer);
    }
    this.#socket.emit(entry.event, ...args);
  }

  #receive(event: string, payload: unknown): void {
    if (event === confirmation) {
      const parsed = v.safeParse(Confirmation, payload);
      if (parsed.success) {
        const { id } = parsed.output;
        // A confirmation is for all messages up to its number.
        this.#unconfirmed = this.#unconfirmed.filter((entry) => entry.number > id);
      }
      return;
    }
    const parsed = v.safeParse(Numbered, payload);
    if (!parsed.success) {
      this.#options.onMessage(event, payload);
      return;
    }
    const { socketgd, msg } = parsed.output;
    const isNew = socketgd > this.#lastSeen;
    this.#lastSeen = Math.max(this.#lastSeen, socketgd);
    // A repetition means that our confirmation was lost: it is given again.
    this.#socket.emit(confirmation, { id: this.#lastSeen });
    if (isNew) {
      this.#options.onMessage(event, msg);
    }
  }
}
