import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import { defaults } from './defaults.ts';
import type { Answer, Received, SendOptions, Wire } from './reliable-socket.ts';
import { ReliableSocket } from './reliable-socket.ts';
import { TokenBucket } from '../token-bucket.ts';

/** A socket of socket.io, as far as a channel uses it. */
export interface ChannelSocket extends Wire {
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
  offAny(listener: (event: string, ...args: unknown[]) => void): unknown;
  on(event: 'disconnect', listener: (reason: string) => void): unknown;
  off(event: 'disconnect', listener: (reason: string) => void): unknown;
  disconnect(close: boolean): unknown;
}

/** The connection below a socket, as far as a channel uses it. */
export interface ChannelLine {
  /** What was given to be sent to the client and is not taken. */
  readonly unsent_bytes: number;
  /** Ends it at once, with what is not taken. */
  cut(): void;
}

type State =
  | { at: 'connected'; leave: () => void; socket: ChannelSocket; line: ChannelLine }
  | { at: 'reconnecting'; stopWaiting: Cancel }
  | { at: 'disconnected' };

/**
 * What socket.io says of a client that ended its socket on purpose. Licode's sends
 * `clientDisconnection` just before, which may be dropped when both arrive at once.
 */
const saidGoodbye = 'client namespace disconnect';

export interface ChannelOptions {
  onMessage(received: Received): void;
  /** It sends more than anybody could mean. */
  onFlood(): void;
  /** It confirms, or takes, nothing of what it is sent: it is to be closed soon. Once. */
  onStuck(why: string): void;
  /** Something it sent could not be handled, for a fault of ours. */
  onFault(thrown: unknown): void;
  /** Its socket is gone; it may come back. */
  onReconnecting(): void;
  /** Once, and last. `goodbye`: by its own wish. */
  onEnd(why: string, goodbye: boolean): void;
}

/**
 * A client's way to us over the sockets that it has one after the other (Licode: `models/Channel.js`):
 * connected, reconnecting for `limits.reconnection_ms`, disconnected for good.
 */
export class Channel {
  readonly #clock: Clock;
  readonly #options: ChannelOptions;
  readonly #reliable = new ReliableSocket();
  readonly #flood: TokenBucket;
  /** What it is to be sent is no longer whole. */
  #isStuck = false;
  #state: State;

  constructor(components: { clock: Clock }, options: ChannelOptions) {
    this.#clock = components.clock;
    this.#options = options;
    this.#flood = new TokenBucket(components, { perSecond: defaults.flood_perSecond });
    this.#state = { at: 'reconnecting', stopWaiting: () => undefined };
  }

  get at(): State['at'] {
    return this.#state.at;
  }

  /** The first socket of the client, or its next one; one that it had before is ended. */
  attach(socket: ChannelSocket, line: ChannelLine): void {
    this.#dropSocket();
    if (this.#state.at === 'disconnected') {
      socket.disconnect(true);
      return;
    }
    const guarded = (handle: () => void): void => {
      try {
        handle();
      } catch (thrown) {
        this.#options.onFault(thrown);
      }
    };
    // A packet may have a number for its name.
    const onAny = (event: unknown, ...args: unknown[]): void =>
      guarded(() => this.#onEvent(String(event), args));
    const onGone = (reason: string): void => guarded(() => this.#onSocketGone(reason));
    socket.onAny(onAny);
    socket.on('disconnect', onGone);
    const leave = (): void => {
      socket.offAny(onAny);
      socket.off('disconnect', onGone);
    };
    this.#state = { at: 'connected', socket, leave, line };
    this.#reliable.attach(socket);
  }

  /**
   * Sends a message now or after the reconnection; false where it is left out, as another client caused it and this one
   * takes less than comes. A client that is stuck is sent no more, and told of.
   */
  send(event: string, msg: unknown, options: SendOptions = {}): boolean {
    if (this.#state.at === 'disconnected' || this.#isStuck) {
      return false;
    }
    const { data_bytes = 0 } = options;
    if (data_bytes > 0 && this.#unsent_bytes > defaults.unsentData_bytes) {
      return false;
    }
    const sent = this.#reliable.send(event, msg, options);
    if (sent === 'full') {
      this.#stuck('it confirms no message');
    }
    this.#checkUnsent();
    return sent === 'sent';
  }

  get #unsent_bytes(): number {
    return this.#state.at === 'connected' ? this.#state.line.unsent_bytes : 0;
  }

  #checkUnsent(): void {
    if (this.#unsent_bytes > defaults.unsent_bytes) {
      this.#stuck('it takes nothing that it is sent');
    }
  }

  #stuck(why: string): void {
    if (!this.#isStuck) {
      this.#isStuck = true;
      this.#options.onStuck(why);
    }
  }

  /** Ends it for good. Idempotent. */
  close(why: string, goodbye = false): void {
    if (this.#state.at === 'disconnected') {
      return;
    }
    this.#dropSocket();
    this.#state = { at: 'disconnected' };
    this.#options.onEnd(why, goodbye);
  }

  /** What was sent to the socket before leaves it before it ends, where that is not more than a farewell. */
  #dropSocket(): void {
    const state = this.#state;
    switch (state.at) {
      case 'connected':
        state.leave();
        this.#reliable.detach();
        state.socket.disconnect(true);
        if (state.line.unsent_bytes > defaults.farewell_bytes) {
          state.line.cut();
        }
        return;
      case 'reconnecting':
        state.stopWaiting();
        return;
      case 'disconnected':
        return;
      default:
        assertNever(state);
    }
  }

  #onEvent(event: string, args: unknown[]): void {
    const { pending } = this.#reliable;
    const received = this.#reliable.receive(event, args);
    // Confirmations are as many as there is to confirm; those of nothing count as all else does.
    const confirms = this.#reliable.pending < pending;
    if (!confirms && !this.#flood.take()) {
      this.#options.onFlood();
    } else if (received !== undefined && !this.#isStuck) {
      const answer: Answer = (...answered) => {
        received.answer(...answered);
        this.#checkUnsent();
      };
      this.#options.onMessage({ ...received, answer });
    }
  }

  #onSocketGone(reason: string): void {
    if (reason === saidGoodbye) {
      // One that did not hear us gave us up while it looked for a controller, and is to come in elsewhere.
      this.close('it left', this.#reliable.isHeard);
      return;
    }
    this.#dropSocket();
    // One that confirmed nothing may not have heard by which key it could come back, as a page that went while it joined.
    const wait_ms = this.#reliable.isHeard ? limits.reconnection_ms : defaults.unheard_ms;
    const stopWaiting = this.#clock.after(wait_ms, () => this.close('it did not come back'));
    this.#state = { at: 'reconnecting', stopWaiting };
    this.#options.onReconnecting();
  }
}
