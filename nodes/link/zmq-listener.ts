import { Router } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from './link-core.ts';
import { Pulse } from './pulse.ts';
import { SendQueue, socketOptions, wire } from './zmq-wire.ts';

export interface ListenOptions {
  ip: string;
  /** 0, the default, takes any free port. */
  port?: number;
  /** A new link and what its dialler says of itself; must open the link before it returns. */
  onLink(link: Link, hello: string): void;
}

/** Frames for a peer whose ZeroMQ queue is full are tried again after this long. */
const retryFull_ms = 20;
/** Diallers at one time: every process of the mesh, and room for those that are being replaced. */
const maxLinks = 4_096;

/** A ROUTER socket on which other processes of the mesh call: each dialler gets a link of its own. */
export class ZmqListener {
  readonly #clock: Clock;
  readonly #socket: Router;
  readonly #onLink: ListenOptions['onLink'];
  readonly #links = new Map<string, AcceptedLink>();
  #outgoing: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(components: { clock: Clock }, options: ListenOptions) {
    this.#clock = components.clock;
    this.#onLink = options.onLink;
    // `mandatory` and no waiting: a peer that is gone or full is an error of its own link only.
    this.#socket = new Router({ ...socketOptions, mandatory: true, sendTimeout: 0 });
  }

  static async create(components: { clock: Clock }, options: ListenOptions): Promise<ZmqListener> {
    const listener = new ZmqListener(components, options);
    await listener.#socket.bind(`tcp://${options.ip}:${options.port || '*'}`);
    void listener.#receive();
    return listener;
  }

  /** `tcp://ip:port`, where it listens. */
  get endpoint(): string {
    const endpoint = this.#socket.lastEndpoint;
    if (endpoint === null) {
      throw new Error('the listener is closed');
    }
    return endpoint;
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    for (const link of this.#links.values()) {
      link.close();
    }
    await this.#outgoing;
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(): Promise<void> {
    try {
      for await (const [peer, kind, text] of this.#socket) {
        if (peer !== undefined && kind !== undefined) {
          this.#onMessage(peer, kind.toString(), text);
        }
      }
    } catch {
      // The socket was closed while it waited.
    }
    for (const link of this.#links.values()) {
      link.end('lost');
    }
  }

  #onMessage(peer: Buffer, kind: string, text: Buffer | undefined): void {
    const id = peer.toString('hex');
    const link = this.#links.get(id);
    if (link !== undefined) {
      link.accept(kind, text);
    } else if (kind === wire.hello && this.#links.size < maxLinks) {
      this.#welcome(id, peer, text?.toString() ?? '');
    } else if (kind !== wire.bye) {
      this.#transmit([peer, wire.reset]).catch(() => undefined);
    }
  }

  #welcome(id: string, peer: Buffer, hello: string): void {
    const link = AcceptedLink.create(
      { clock: this.#clock, transmit: (parts) => this.#transmit([peer, ...parts]) },
      { name: `accepted ${id}`, onEnd: () => this.#links.delete(id) },
    );
    this.#links.set(id, link);
    this.#onLink(link, hello);
  }

  /** One send at a time; the sender learns of its own failure, those behind it go on. */
  #transmit(parts: (string | Buffer)[]): Promise<void> {
    const sent = this.#outgoing.then(() => this.#socket.send(parts));
    this.#outgoing = sent.catch(() => undefined);
    return sent;
  }
}

class AcceptedLink implements Link {
  readonly name: string;
  readonly #clock: Clock;
  readonly #core: LinkCore;
  readonly #transmit: (parts: (string | Buffer)[]) => Promise<void>;
  readonly #queue: SendQueue;
  readonly #pulse: Pulse;
  readonly #onEnd: () => void;

  private constructor(
    components: { clock: Clock; transmit: (parts: (string | Buffer)[]) => Promise<void> },
    options: { name: string; onEnd: () => void },
  ) {
    this.name = options.name;
    this.#clock = components.clock;
    this.#core = new LinkCore(options.name);
    this.#transmit = components.transmit;
    this.#onEnd = options.onEnd;
    this.#queue = new SendQueue(
      (parts) => this.#send(parts),
      () => this.end('lost'),
    );
    this.#pulse = Pulse.start(components.clock, {
      beat: () => this.#queue.push([wire.beat]),
      silent: () => this.end('silent'),
    });
    // The dialler hears at once that it was understood.
    this.#queue.push([wire.beat]);
  }

  static create(
    components: { clock: Clock; transmit: (parts: (string | Buffer)[]) => Promise<void> },
    options: { name: string; onEnd: () => void },
  ): AcceptedLink {
    return new AcceptedLink(components, options);
  }

  open(sink: LinkSink): void {
    this.#core.open(sink);
  }

  send(text: string): void {
    this.#core.admit(text, this.#queue.length);
    this.#queue.push([wire.frame, text]);
  }

  close(): void {
    if (!this.#core.ended) {
      this.#queue.push([wire.bye]);
    }
    this.end('closed');
  }

  accept(kind: string, text: Buffer | undefined): void {
    this.#pulse.heard();
    if (kind === wire.frame) {
      this.#core.deliver(text?.toString() ?? '');
    } else if (kind === wire.bye) {
      this.end('peer_closed');
    }
  }

  end(why: LinkEnd): void {
    if (this.#core.end(why)) {
      this.#pulse.stop();
      this.#onEnd();
    }
  }

  /** A full peer is tried again; only its own frames wait behind that. */
  async #send(parts: (string | Buffer)[]): Promise<void> {
    for (;;) {
      try {
        return await this.#transmit(parts);
      } catch (thrown) {
        if (!isFull(thrown) || this.#core.ended) {
          throw thrown;
        }
        await new Promise<void>((resolve) => this.#clock.after(retryFull_ms, resolve));
      }
    }
  }
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN';
}
