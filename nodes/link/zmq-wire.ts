import { limits } from '../../protocol/limits.ts';

/**
 * What goes between a DEALER and a ROUTER socket: two parts, the kind and a text.
 * ZeroMQ makes a new connection by itself when one breaks; a link does not outlive that, since
 * what was in flight is lost: the listener answers a dealer that it does not know with `reset`.
 */
export const wire = {
  /** The dialler says who it is; first of all. Two parts more: its node id, and the proof of its key. */
  hello: 'H',
  frame: 'F',
  /** Nothing else to say, but alive. */
  beat: 'B',
  /** This side ends the link in order. */
  bye: 'Q',
  /** The listener does not know this dealer. */
  reset: 'R',
} as const;

export const socketOptions = {
  /**
   * Milliseconds that what was said last, an answer or a bye, may still take when the socket closes, also on a busy host; a
   * process that exits waits no longer for a peer that is gone.
   */
  linger: 1_000,
  /** ZeroMQ drops the connection of a peer that sends more: nothing larger is read into memory. */
  maxMessageSize: limits.frameSize_bytes + 1_024,
  receiveHighWaterMark: limits.linkQueue_frames,
  sendHighWaterMark: limits.linkQueue_frames,
} as const;

/** Sends one after the other: a ZeroMQ socket takes one `send` at a time. */
export class SendQueue {
  readonly #write: (parts: (string | Buffer)[]) => Promise<void>;
  readonly #onError: (thrown: unknown) => void;
  readonly #waiting: (string | Buffer)[][] = [];
  #busy = false;
  #held = false;

  constructor(
    write: (parts: (string | Buffer)[]) => Promise<void>,
    onError: (thrown: unknown) => void,
  ) {
    this.#write = write;
    this.#onError = onError;
  }

  get length(): number {
    return this.#waiting.length;
  }

  push(parts: (string | Buffer)[]): void {
    this.#waiting.push(parts);
    this.#wake();
  }

  /** Before all that waits. */
  first(parts: (string | Buffer)[]): void {
    this.#waiting.unshift(parts);
    this.#wake();
  }

  /** Sends nothing until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#wake();
  }

  #wake(): void {
    if (!this.#busy && !this.#held) {
      void this.#drain();
    }
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        await this.#write(next);
      }
    } catch (thrown) {
      this.#onError(thrown);
    } finally {
      this.#busy = false;
    }
  }
}
