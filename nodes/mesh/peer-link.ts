import type { Libp2p } from 'libp2p';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from '../link/link-core.ts';

export type PeerStream = Awaited<ReturnType<Libp2p['dialProtocol']>>;

const defaults = {
  /** Frames of one moment go in pieces of this size, since each piece is encrypted by itself. */
  piece_bytes: 64 * 1024,
} as const;

/** Of the number of bytes that stands before each frame. */
const header_bytes = 4;

/**
 * A link over a stream of libp2p: frames of UTF-8, each after its length. It knows no silence of its own: who
 * uses it says often enough that it lives.
 */
export class PeerLink implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  readonly #stream: PeerStream;
  readonly #waiting: Uint8Array[] = [];
  #isFlushing = false;
  #read: Buffer = Buffer.alloc(0);

  private constructor(components: { stream: PeerStream }, options: { name: string }) {
    this.name = options.name;
    this.#core = new LinkCore(options.name);
    this.#stream = components.stream;
  }

  static create(components: { stream: PeerStream }, options: { name: string }): PeerLink {
    const link = new PeerLink(components, options);
    const { stream } = components;
    stream.addEventListener('message', ({ data }) => link.#onData(data.subarray()));
    stream.addEventListener('drain', () => link.#flush());
    stream.addEventListener('remoteCloseWrite', () => link.#end('peer_closed'));
    stream.addEventListener('close', ({ error }) =>
      link.#end(error === undefined ? 'peer_closed' : 'lost'),
    );
    return link;
  }

  open(sink: LinkSink): void {
    this.#core.open(sink);
  }

  send(text: string): void {
    this.#core.admit(text, this.#waiting.length);
    const body = Buffer.from(text);
    const head = Buffer.alloc(header_bytes);
    head.writeUInt32BE(body.length);
    this.#waiting.push(Buffer.concat([head, body]));
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      queueMicrotask(() => {
        this.#isFlushing = false;
        this.#flush();
      });
    }
  }

  close(): void {
    this.#flush();
    this.#end('closed');
  }

  #flush(): void {
    try {
      while (this.#waiting.length > 0 && !this.#core.ended && !this.#stream.writableNeedsDrain) {
        this.#stream.send(this.#nextPiece());
      }
    } catch {
      // The stream closed before it said so.
      this.#end('lost');
    }
  }

  #nextPiece(): Uint8Array {
    let bytes = 0;
    const count = this.#waiting.findIndex(
      (frame) => (bytes += frame.length) >= defaults.piece_bytes,
    );
    return Buffer.concat(this.#waiting.splice(0, count < 0 ? this.#waiting.length : count + 1));
  }

  #onData(data: Uint8Array): void {
    this.#read = Buffer.concat([this.#read, data]);
    while (this.#read.length >= header_bytes && !this.#core.ended) {
      const length = this.#read.readUInt32BE();
      if (length > limits.frameSize_bytes) {
        this.#end('lost');
        return;
      }
      if (this.#read.length < header_bytes + length) {
        return;
      }
      const text = this.#read.toString('utf8', header_bytes, header_bytes + length);
      this.#read = this.#read.subarray(header_bytes + length);
      this.#core.deliver(text);
    }
  }

  #end(why: LinkEnd): void {
    if (!this.#core.end(why)) {
      return;
    }
    if (why === 'lost') {
      this.#stream.abort(new RizomaError('link_down', `${this.name} is lost`));
    } else {
      this.#stream.close().catch((thrown: unknown) => {
        this.#stream.abort(thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    }
  }
}
