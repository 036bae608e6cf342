import { WebSocket } from 'ws';
import type { Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from './link-core.ts';
import { Pulse } from './pulse.ts';

export interface WebSocketDialOptions {
  /** `ws://` or `wss://`. */
  url: string;
  headers: Record<string, string>;
  name: string;
}

/**
 * A link over a WebSocket that this side dials. It answers at once; what is sent before the socket
 * is open waits in the queue. A refused upgrade ends it with `lost`.
 */
export function dialWebSocket(components: { clock: Clock }, options: WebSocketDialOptions): Link {
  const socket = new WebSocket(options.url, {
    headers: options.headers,
    maxPayload: limits.frameSize_bytes,
    handshakeTimeout: limits.linkSilence_ms,
  });
  return WebSocketLink.create({ ...components, socket }, { name: options.name });
}

/** A link over a socket that is open or opening; also for the side that accepted it. */
export class WebSocketLink implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  readonly #socket: WebSocket;
  readonly #pulse: Pulse;
  readonly #early: string[] = [];
  #waiting = 0;

  private constructor(components: { clock: Clock; socket: WebSocket }, options: { name: string }) {
    this.name = options.name;
    this.#core = new LinkCore(options.name);
    this.#socket = components.socket;
    this.#pulse = Pulse.start(components.clock, {
      // A ping of the protocol (RFC 6455, section 5.5.2): an edge object answers it asleep.
      beat: () => this.#ping(),
      silent: () => this.#end('silent'),
    });
  }

  static create(
    components: { clock: Clock; socket: WebSocket },
    options: { name: string },
  ): WebSocketLink {
    const link = new WebSocketLink(components, options);
    const { socket } = components;
    socket.on('open', () => link.#flush());
    socket.on('message', (data: Buffer, isBinary) => link.#onMessage(data.toString(), isBinary));
    socket.on('ping', () => link.#pulse.heard());
    socket.on('pong', () => link.#pulse.heard());
    socket.on('close', (code) => link.#end(code === normalClosure ? 'peer_closed' : 'lost'));
    // An error is followed by `close`; without a listener it would end the process.
    socket.on('error', () => link.#end('lost'));
    return link;
  }

  open(sink: LinkSink): void {
    this.#core.open(sink);
  }

  send(text: string): void {
    this.#core.admit(text, this.#waiting);
    this.#waiting += 1;
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#early.push(text);
    } else {
      this.#write(text);
    }
  }

  close(): void {
    this.#end('closed');
  }

  #flush(): void {
    this.#pulse.heard();
    for (const text of this.#early.splice(0)) {
      this.#write(text);
    }
  }

  #write(text: string): void {
    this.#socket.send(text, () => {
      this.#waiting -= 1;
    });
  }

  #ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.ping();
    }
  }

  #onMessage(text: string, isBinary: boolean): void {
    this.#pulse.heard();
    // Frames are text; a peer that sends bytes is not one of ours.
    if (!isBinary) {
      this.#core.deliver(text);
    }
  }

  #end(why: LinkEnd): void {
    if (!this.#core.end(why)) {
      return;
    }
    this.#pulse.stop();
    if (why === 'silent' || why === 'lost') {
      this.#socket.terminate();
    } else {
      this.#socket.close(normalClosure);
    }
  }
}

const normalClosure = 1000;
