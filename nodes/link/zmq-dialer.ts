import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from 'zeromq';
import { Dealer } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import type { Log } from '../log.ts';
import type { Keyring } from './keyring.ts';
import { LinkCore } from './link-core.ts';
import type { LocalSockets } from './local-sockets.ts';
import { LostLink } from './lost-link.ts';
import { Pulse } from './pulse.ts';
import { proofOf } from './zmq-proof.ts';
import { SendQueue, socketOptions, wire } from './zmq-wire.ts';

/** A process that listens: the node that it is of, by whose key it is known, and `tcp://host:port`. */
export interface Target {
  nodeId: string;
  endpoint: string;
}

export interface DialOptions {
  to: Target;
  /** Who is calling, for the listener; JSON text. */
  hello: string;
  name: string;
}

export interface DialComponents {
  clock: Clock;
  log: Log;
  keyring: Keyring;
  context: Context;
  local: LocalSockets | undefined;
}

/** The dialler's side of a link; `ZmqSockets.dial` says how it behaves. */
export class ZmqDialer implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  readonly #log: Log;
  readonly #keyring: Keyring;
  readonly #local: LocalSockets | undefined;
  readonly #options: DialOptions;
  readonly #routingId = newUuid();
  readonly #socket: Dealer;
  readonly #queue: SendQueue;
  readonly #pulse: Pulse;
  #stopWatching: () => void = () => undefined;

  private constructor(components: DialComponents, options: DialOptions) {
    this.name = options.name;
    this.#log = components.log;
    this.#options = options;
    this.#keyring = components.keyring;
    this.#local = components.local;
    this.#core = new LinkCore(options.name);
    const { publicKey, secretKey } = components.keyring.own;
    this.#socket = new Dealer({
      ...socketOptions,
      context: components.context,
      routingId: this.#routingId,
      curvePublicKey: publicKey,
      curveSecretKey: secretKey,
    });
    this.#queue = new SendQueue(
      (parts) => this.#socket.send(parts),
      () => this.#end('lost'),
    );
    this.#pulse = Pulse.start(components.clock, {
      beat: () => this.#queue.push([wire.beat]),
      silent: () => this.#end('silent'),
    });
  }

  /** Never throws: whom to dial others say, and what cannot be dialled is as one that is not there. */
  static create(components: DialComponents, options: DialOptions): Link {
    try {
      return ZmqDialer.#start(components, options);
    } catch (thrown) {
      logFailure(components, options, thrown);
      return LostLink.create(options);
    }
  }

  static #start(components: DialComponents, options: DialOptions): ZmqDialer {
    const dialer = new ZmqDialer(components, options);
    const lost = (): void => dialer.#end('lost');
    const lostWhenRead = (): void => void dialer.#lostWhenRead();
    // A second attempt would be another link: the first refusal or break ends this one.
    dialer.#socket.events.on('connect:retry', lostWhenRead);
    dialer.#socket.events.on('disconnect', lostWhenRead);
    dialer.#socket.events.on('handshake:error:auth', lost);
    const key = components.keyring.keyOf(options.to.nodeId);
    if (key === undefined) {
      dialer.#queue.hold();
      void dialer.#connectLater();
    } else {
      dialer.#connectOrEnd(key);
    }
    void dialer.#receive();
    return dialer;
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
    this.#end('closed');
  }

  async #connectLater(): Promise<void> {
    const key = await this.#keyring.find(this.#options.to.nodeId);
    if (this.#core.ended) {
      return;
    }
    if (key === undefined) {
      this.#end('lost');
      return;
    }
    this.#connectOrEnd(key);
    this.#queue.release();
  }

  #connectOrEnd(key: string): void {
    try {
      this.#connect(key);
    } catch (thrown) {
      logFailure({ log: this.#log }, this.#options, thrown);
      // Whoever dialled does not hold the link yet.
      queueMicrotask(() => this.#end('lost'));
    }
  }

  /** The hello goes first, before what was queued. */
  #connect(key: string): void {
    const { to, hello } = this.#options;
    this.#stopWatching = this.#keyring.onChange(() => {
      // Revoked, expired, or another key: who is at the other end is not who was dialled.
      if (this.#keyring.keyOf(to.nodeId) !== key) {
        this.#end('lost');
      }
    });
    this.#socket.curveServerKey = key;
    const isLocal = to.nodeId === this.#keyring.nodeId;
    const path = isLocal ? this.#local?.find(to.endpoint) : undefined;
    this.#socket.connect(path === undefined ? to.endpoint : `ipc://${path}`);
    const { own } = this.#keyring;
    const said = { dialler: own.publicKey, listener: key, routingId: this.#routingId, hello };
    this.#queue.first([wire.hello, hello, this.#keyring.nodeId, proofOf(own, said)]);
  }

  async #receive(): Promise<void> {
    try {
      for await (const [kind, text] of this.#socket) {
        this.#pulse.heard();
        this.#onMessage(kind?.toString() ?? '', text);
      }
    } catch {
      // The socket was closed while it waited: the link has ended already.
    }
    this.#end('lost');
  }

  /**
   * The news of a lost connection comes by another socket than what was sent before it, and may be read first. All of that
   * has arrived by then: it is read in this turn of the event loop and the next ones.
   */
  async #lostWhenRead(): Promise<void> {
    await nextTurn();
    do {
      await nextTurn();
    } while (!this.#core.ended && this.#socket.readable);
    this.#end('lost');
  }

  #onMessage(kind: string, text: Buffer | undefined): void {
    switch (kind) {
      case wire.frame:
        this.#core.deliver(text?.toString() ?? '');
        return;
      case wire.bye:
        this.#end('peer_closed');
        return;
      case wire.reset:
        this.#end('lost');
        return;
      default:
        // A beat; having heard it is all.
        return;
    }
  }

  #end(why: LinkEnd): void {
    if (!this.#core.end(why)) {
      return;
    }
    this.#pulse.stop();
    this.#stopWatching();
    // Not at once: a send that is under way, the bye among them, must have left the queue.
    setImmediate(() => this.#socket.close());
  }
}

function logFailure({ log }: { log: Log }, { name, to }: DialOptions, err: unknown): void {
  log.warn({ err, name, nodeId: to.nodeId, endpoint: to.endpoint }, 'a process cannot be dialled');
}
