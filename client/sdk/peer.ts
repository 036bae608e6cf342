import type { Clock } from '../../protocol/clock.ts';
import type { SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import { SerialQueue } from './serial-queue.ts';

export interface PeerComponents {
  readonly clock: Clock;
  readonly connection: RTCPeerConnection;
  /** Sends our description to the server's side of this connection. */
  readonly describe: (msg: SdpMessage) => void;
  /** The connection ended by itself: ICE or DTLS found no way any more. */
  readonly onFailed: () => void;
}

/** What both kinds of peer have in common: one connection, its negotiations in order, its end. */
export abstract class Peer {
  protected readonly clock: Clock;
  protected readonly connection: RTCPeerConnection;
  protected readonly describe: (msg: SdpMessage) => void;
  protected readonly negotiations: SerialQueue;
  readonly #onFailed: () => void;
  #closed = false;

  constructor(components: PeerComponents) {
    this.clock = components.clock;
    this.connection = components.connection;
    this.describe = components.describe;
    this.#onFailed = components.onFailed;
    this.negotiations = new SerialQueue(components, {
      waiting: defaults.waitingNegotiations,
      task_ms: defaults.negotiation_ms,
    });
    this.connection.addEventListener('connectionstatechange', () => {
      if (this.connection.connectionState === 'failed') {
        this.handleBroken();
      }
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Nothing is sent or received from now on; those who wait are refused with `cancelled`. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.negotiations.close();
    this.connection.close();
    this.handleClosed(new RizomaError('cancelled', 'the connection was closed'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** It is of no use any more, and its owner has to do without. */
  protected handleBroken(): void {
    if (!this.#closed) {
      this.#onFailed();
    }
  }

  protected abstract handleClosed(error: RizomaError): void;
}
