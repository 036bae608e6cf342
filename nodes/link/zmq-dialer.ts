import { Dealer } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from './link-core.ts';
import { Pulse } from './pulse.ts';
import { SendQueue, socketOptions, wire } from './zmq-wire.ts';

export interface DialOptions {
  /** `tcp://host:port` of a `ZmqListener`. */
  endpoint: string;
  /** Who is calling, for the listener; JSON text. */
  hello: string;
  name: string;
}

/**
 * A link to a process that listens. It answers at once; what is sent before the other side is there
 * waits in the queue. A process that is not there, or goes away, ends it with `lost` at once.
 */
export function dialZmq(components: { clock: Clock }, options: DialOptions): Link {
  return ZmqDialer.create(components, options);
}

class ZmqDialer implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  readonly #socket: Dealer;
  readonly #queue: SendQueue;
  readonly #pulse: Pulse;

  private constructor(components: { clock: Clock }, options: DialOptions) {
    this.name = options.name;
    this.#core = new LinkCore(options.name);
    this.#socket = new Dealer(socketOptions);
    this.#queue = new SendQueue(
      (parts) => this.#socket.send(parts),
      () => this.#end('lost'),
    );
    this.#pulse = Pulse.start(components.clock, {
      beat: () => this.#queue.push([wire.beat]),
      silent: () => this.#end('silent'),
    });
  }

  static create(components: { clock: Clock }, options: DialOptions): ZmqDialer {
    const dialer = new ZmqDialer(components, options);
    // A second attempt would be another link: the first refusal or break ends this one.
    dialer.#socket.events.on('connect:retry', () => dialer.#end('lost'));
    dialer.#socket.events.on('disconnect', () => dialer.#end('lost'));
    dialer.#socket.connect(options.endpoint);
    dialer.#queue.push([wire.hello, options.hello]);
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
    // Not at once: a send that is under way, the bye among them, must have left the queue.
    setImmediate(() => this.#socket.close());
  }
}
