import type { Libp2p } from 'libp2p';
import { RizomaError } from '../../protocol/errors.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from '../link/link-core.ts';
import { FrameReader, header_bytes } from './frame-reader.ts';

export type PeerStream = Awaited<ReturnType<Libp2p['dialProtocol']>>;

const defaults = {
  /** Frames of one moment go in pieces of this size, since each piece is encrypted by itself. */
  piece_bytes: 64 * 1024,
} as const;

/**
 * A link over a stream of libp2p: frames of UTF-8, each after its length. It knows no silence of its own: who
 * uses it says often enough that it lives.
 */
export class PeerLink implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  readonly #stream: PeerStream;
  readonly #reader = new FrameReader();
  readonly #waiting: Uint8Array[] = [];
  #isFlushing = false;

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
    if (this.#core.ended) {
      return;
    }
    let frames: string[];
    try {
      frames = this.#reader.read(data);
    } catch {
      // One is longer than any that is said here.
      this.#end('lost');
      return;
    }
    frames.forEach((text) => this.#core.deliver(text));
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
