import { chmod, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from 'zeromq';
import { Router } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import type { Log } from '../log.ts';
import { SummedLog } from '../summed-log.ts';
import type { Caller, Keyring } from './keyring.ts';
import { LinkCore } from './link-core.ts';
import type { LinkQuotaOptions } from './link-quota.ts';
import { LinkQuota, linkQuota } from './link-quota.ts';
import type { LocalSockets } from './local-sockets.ts';
import { Pulse } from './pulse.ts';
import { isProof } from './zmq-proof.ts';
import { SendQueue, socketOptions, wire } from './zmq-wire.ts';

export interface ListenOptions {
  ip: string;
  /** 0, the default, takes any free port. */
  port?: number;
  /** What one node may have of it; `linkQuota` is the default. */
  quota?: LinkQuotaOptions;
  /**
   * A new link, what its dialler says of itself, and the node that its key shows it to be of; must open
   * the link before it returns.
   */
  onLink(link: Link, hello: string, caller: Caller): void;
}

/** Frames for a peer whose ZeroMQ queue is full are tried again after this long. */
const retryFull_ms = 20;
/** Diallers at one time: every process of the mesh, and room for those that are being replaced. `linkQuota` bounds each node. */
const maxLinks = 4_096;

/** Named by all listeners: without a domain libzmq admits everyone where nobody decides (RFC 27). */
const zapDomain = 'rizoma';

interface Held {
  link: AcceptedLink;
  peer: Buffer;
  nodeId: string;
  key: string;
}

export interface ListenComponents {
  clock: Clock;
  log: Log;
  keyring: Keyring;
  context: Context;
  local: LocalSockets | undefined;
}

/** A ROUTER socket on which other processes of the mesh call: each dialler gets a link of its own. */
export class ZmqListener {
  readonly #clock: Clock;
  readonly #socket: Router;
  readonly #onLink: ListenOptions['onLink'];
  readonly #keyring: Keyring;
  readonly #links = new Map<string, Held>();
  readonly #quota: LinkQuota;
  readonly #refusals: SummedLog;
  #endpoint = '';
  /** Of its socket within the host. */
  #path: string | undefined;
  #stopWatching: () => void = () => undefined;
  #outgoing: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(components: Omit<ListenComponents, 'local'>, options: ListenOptions) {
    this.#clock = components.clock;
    this.#keyring = components.keyring;
    this.#onLink = options.onLink;
    this.#quota = new LinkQuota(components, options.quota ?? linkQuota);
    this.#refusals = new SummedLog(components);
    // `mandatory` and no waiting: a peer that is gone or full is an error of its own link only.
    this.#socket = new Router({
      ...socketOptions,
      context: components.context,
      mandatory: true,
      sendTimeout: 0,
      curveServer: true,
      curveSecretKey: components.keyring.own.secretKey,
      zapDomain,
      zapEnforceDomain: true,
    });
  }

  static async create(components: ListenComponents, options: ListenOptions): Promise<ZmqListener> {
    const listener = new ZmqListener(components, options);
    listener.#stopWatching = components.keyring.onChange(() => listener.#cutStrangers());
    await listener.#bind(options, components.local);
    void listener.#receive();
    return listener;
  }

  /** `tcp://ip:port`, where it listens. */
  get endpoint(): string {
    return this.#endpoint;
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#stopWatching();
    this.#refusals.close();
    for (const { link } of this.#links.values()) {
      link.close();
    }
    await this.#allSent();
    if (this.#path !== undefined) {
      // While the port, which is its name, is nobody else's yet.
      await rm(this.#path, { force: true });
    }
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Also what waits behind the frame that is under way: each link has a queue of its own. */
  async #allSent(): Promise<void> {
    for (let sent: Promise<unknown> | undefined; sent !== this.#outgoing;) {
      sent = this.#outgoing;
      await sent;
      await nextTurn();
    }
  }

  async #bind({ ip, port }: ListenOptions, local: LocalSockets | undefined): Promise<void> {
    await this.#socket.bind(`tcp://${ip}:${port || '*'}`);
    this.#endpoint = this.#socket.lastEndpoint ?? '';
    if (local !== undefined) {
      const path = local.pathOf(this.#endpoint);
      // What a process that was killed left there is replaced; its folder keeps others out meanwhile.
      await this.#socket.bind(`ipc://${path}`);
      this.#path = path;
      await chmod(path, 0o600);
    }
  }

  async #receive(): Promise<void> {
    try {
      for await (const [peer, kind, ...rest] of this.#socket) {
        if (peer !== undefined && kind !== undefined) {
          this.#onMessageSafely(peer, kind.toString(), rest);
        }
      }
    } catch {
      // The socket was closed while it waited.
    }
    for (const { link } of this.#links.values()) {
      link.end('lost');
    }
  }

  /** An error in the handling of one message is the process's to report, and no reason to hear nothing more. */
  #onMessageSafely(peer: Buffer, kind: string, rest: readonly Buffer[]): void {
    try {
      this.#onMessage(peer, kind, rest);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #onMessage(peer: Buffer, kind: string, rest: readonly Buffer[]): void {
    const id = peer.toString('hex');
    const held = this.#links.get(id);
    if (held !== undefined) {
      held.link.accept(kind, rest[0]);
    } else if (kind === wire.hello && this.#links.size < maxLinks) {
      this.#greet(id, peer, rest);
    } else if (kind !== wire.bye) {
      this.#reset(peer);
    }
  }

  /** Takes the dialler for who it says that it is where it shows that it has the key. */
  #greet(id: string, peer: Buffer, [hello, node, proof]: readonly Buffer[]): void {
    const nodeId = node?.toString() ?? '';
    const key = this.#keyring.keyOf(nodeId);
    const caller = this.#keyring.caller(nodeId);
    if (key === undefined || caller === undefined || proof === undefined) {
      this.#reset(peer);
      return;
    }
    const { own } = this.#keyring;
    const text = hello?.toString() ?? '';
    const routingId = peer.toString();
    const said = { dialler: key, listener: own.publicKey, routingId, hello: text };
    if (!isProof(proof, own, said)) {
      this.#reset(peer);
    } else if (this.#quota.take(nodeId)) {
      this.#welcome({ id, peer, nodeId, key }, text, caller);
    } else {
      const words = 'a link is refused: its node has too many here, or begins too many';
      this.#refusals.write('warn', nodeId, { nodeId, at: this.#endpoint }, words);
      this.#reset(peer);
    }
  }

  /** Links of nodes that are no members any more, or have another key now. */
  #cutStrangers(): void {
    for (const { link, peer, nodeId, key } of [...this.#links.values()]) {
      if (this.#keyring.keyOf(nodeId) !== key) {
        link.end('lost');
        this.#reset(peer);
      }
    }
    this.#quota.forget((nodeId) => this.#keyring.keyOf(nodeId) !== undefined);
  }

  #reset(peer: Buffer): void {
    this.#transmit([peer, wire.reset]).catch(() => undefined);
  }

  #welcome(from: Omit<Held, 'link'> & { id: string }, hello: string, caller: Caller): void {
    const { id, peer, nodeId, key } = from;
    const link = AcceptedLink.create(
      { clock: this.#clock, transmit: (parts) => this.#transmit([peer, ...parts]) },
      { name: `accepted ${id}`, onEnd: () => this.#onLinkEnd(id, nodeId) },
    );
    this.#links.set(id, { link, peer, nodeId, key });
    this.#onLink(link, hello, caller);
  }

  #onLinkEnd(id: string, nodeId: string): void {
    this.#links.delete(id);
    this.#quota.release(nodeId);
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
