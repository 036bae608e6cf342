import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { LinkEnd, LinkSink } from '../../protocol/link.ts';

/** What every kind of link does the same way: one sink, what came before it, one end, the limits. */
export class LinkCore {
  readonly #name: string;
  readonly #early: string[] = [];
  #sink: LinkSink | undefined;
  #ended: LinkEnd | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  open(sink: LinkSink): void {
    if (this.#sink !== undefined) {
      throw new Error(`${this.#name} is open already`);
    }
    this.#sink = sink;
    for (const text of this.#early.splice(0)) {
      sink.frame(text);
    }
    if (this.#ended !== undefined) {
      sink.ended(this.#ended);
    }
  }

  /** Hands a frame on; a link that has ended delivers nothing more. */
  deliver(text: string): void {
    if (this.#ended !== undefined) {
      return;
    }
    if (this.#sink !== undefined) {
      this.#sink.frame(text);
      return;
    }
    // Nobody listens yet: what the other side may have in flight is bounded as its queue is.
    if (this.#early.length < limits.linkQueue_frames) {
      this.#early.push(text);
    }
  }

  /** Ends the link; answers whether it was this call that did. */
  end(why: LinkEnd): boolean {
    if (this.#ended !== undefined) {
      return false;
    }
    this.#ended = why;
    this.#sink?.ended(why);
    return true;
  }

  /** Throws what `Link.send` throws. `waiting` counts the frames that are queued already. */
  admit(text: string, waiting: number): void {
    if (this.#ended !== undefined) {
      throw new RizomaError('link_down', `${this.#name} has ended (${this.#ended})`);
    }
    // A character is at most three bytes of UTF-8, so most texts need no counting.
    if (
      text.length * 3 > limits.frameSize_bytes &&
      Buffer.byteLength(text) > limits.frameSize_bytes
    ) {
      throw new RizomaError(
        'too_large',
        `a frame over ${limits.frameSize_bytes} bytes for ${this.#name}`,
      );
    }
    if (waiting >= limits.linkQueue_frames) {
      throw new RizomaError(
        'overloaded',
        `${waiting} frames wait on ${this.#name}: the peer does not read`,
      );
    }
  }
}
