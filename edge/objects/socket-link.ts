import { isLonger } from '../../protocol/bytes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';

/** Close codes of WebSocket (RFC 6455, section 7.4.1). */
export const closeCodes = { normal: 1000, notText: 1003, tooBig: 1009 } as const;

/**
 * A link over a hibernating WebSocket. The runtime hands what arrives to the object, and the object
 * to this link. What waits to leave is the runtime's to hold: it tells nobody how much that is, and
 * ends the socket itself when it is too much.
 */
export class SocketLink implements Link {
  readonly name: string;
  readonly #socket: WebSocket;
  #sink: LinkSink | undefined;
  #ended: LinkEnd | undefined;

  constructor(components: { socket: WebSocket }, options: { name: string }) {
    this.#socket = components.socket;
    this.name = options.name;
  }

  open(sink: LinkSink): void {
    this.#sink = sink;
    if (this.#ended !== undefined) {
      sink.ended(this.#ended);
    }
  }

  /** What the runtime got. A peer that sends bytes, or more than a frame may hold, is not one of ours. */
  deliver(message: string | ArrayBuffer): void {
    if (typeof message !== 'string') {
      this.#refuse(closeCodes.notText, 'frames are text');
    } else if (isLonger(message, limits.frameSize_bytes)) {
      this.#refuse(closeCodes.tooBig, `frames hold up to ${limits.frameSize_bytes} bytes`);
    } else if (this.#ended === undefined) {
      this.#sink?.frame(message);
    }
  }

  send(text: string): void {
    if (this.#ended !== undefined) {
      throw new RizomaError('link_down', `${this.name} has ended (${this.#ended})`);
    }
    if (isLonger(text, limits.frameSize_bytes)) {
      throw new RizomaError('too_large', `a frame over ${limits.frameSize_bytes} bytes`);
    }
    try {
      this.#socket.send(text);
    } catch (thrown) {
      this.end('lost');
      throw new RizomaError('link_down', `${this.name} is gone`, { cause: thrown });
    }
  }

  close(): void {
    if (this.#ended === undefined) {
      this.end('closed');
      this.#socket.close(closeCodes.normal, 'closed');
    }
  }

  /** The socket has ended. Idempotent. */
  end(why: LinkEnd): void {
    if (this.#ended === undefined) {
      this.#ended = why;
      this.#sink?.ended(why);
    }
  }

  #refuse(code: number, reason: string): void {
    if (this.#ended === undefined) {
      this.end('lost');
      this.#socket.close(code, reason);
    }
  }
}
