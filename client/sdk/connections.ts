import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { ConnectionMessageErizo } from '../../protocol/contracts/client.ts';
import { defaults } from './defaults.ts';
import { PublishPeer } from './publish-peer.ts';
import { qualityOf } from './quality.ts';
import type { RoomEvents } from './room-events.ts';
import type { ConnectionRef, Signalling } from './signalling.ts';
import { reportedError } from './signalling.ts';
import { SubscribePeer } from './subscribe-peer.ts';

export interface ConnectionsOptions {
  maxVideoBitrate_bps: number;
  /** The connection ended by itself, with everything on it. */
  onFailed: (connectionId: string) => void;
  /** How good one is, on which we send (`out`) or are sent. */
  onQuality: (quality: RoomEvents['quality']) => void;
}

export interface ConnectionsComponents {
  readonly clock: Clock;
  readonly signalling: Signalling;
  readonly newConnection: () => RTCPeerConnection;
}

/** An offer without it opens the way for what we subscribe to later, and is of use as long as we are there. */
const sends = /^a=sendonly/m;

/** The peer connections of a room by their ids, which the server gives. */
export class Connections {
  readonly #components: ConnectionsComponents;
  readonly #options: ConnectionsOptions;
  readonly #peers = new Map<string, PublishPeer | SubscribePeer>();
  /** Ends the wait after which a connection that carries nothing is closed. */
  readonly #idle = new Map<string, Cancel>();

  constructor(components: ConnectionsComponents, options: ConnectionsOptions) {
    this.#components = components;
    this.#options = options;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** The connection that we offer on; made where there is none. */
  publishing(ref: ConnectionRef): PublishPeer {
    const peer = this.#peers.get(ref.connectionId);
    if (peer instanceof PublishPeer && !peer.isClosed) {
      return peer;
    }
    const { maxVideoBitrate_bps } = this.#options;
    return this.#keep(ref, new PublishPeer(this.#peerComponents(ref), { maxVideoBitrate_bps }));
  }

  /** The connection that the server offers on; made where there is none. */
  subscribing(ref: ConnectionRef): SubscribePeer {
    const peer = this.#peers.get(ref.connectionId);
    if (peer instanceof SubscribePeer) {
      return peer;
    }
    return this.#keep(ref, new SubscribePeer(this.#peerComponents(ref)));
  }

  handleMessage({ connectionId, evt }: ConnectionMessageErizo): void {
    const peer = this.#peers.get(connectionId);
    if (evt.type === 'quality_level') {
      const direction = peer instanceof PublishPeer ? 'out' : 'in';
      if (peer !== undefined) {
        this.#options.onQuality({ direction, level: qualityOf(evt.level) });
      }
    } else if (evt.type === 'offer') {
      if (!(peer instanceof PublishPeer)) {
        // It may be the first we hear of this connection: it overtook the answer to `subscribe`.
        this.#answer({ connectionId, erizoId: undefined }, evt.sdp);
      }
    } else if (peer instanceof PublishPeer) {
      if (evt.type === 'answer') {
        peer.handleAnswer(evt.sdp);
      } else if (evt.type === 'error') {
        peer.handleError(reportedError(evt.code, evt.message));
      }
    } else if (peer !== undefined && evt.type === 'error') {
      this.#fail(connectionId);
    }
  }

  /**
   * To be called when a stream left the connection. One that carries nothing is kept for a while:
   * the server may already be putting the next stream on it.
   */
  release(connectionId: string): void {
    const peer = this.#peers.get(connectionId);
    if (peer?.isIdle !== true) {
      return;
    }
    this.#idle.get(connectionId)?.();
    const check = () => {
      this.#idle.delete(connectionId);
      if (peer.isIdle) {
        this.drop(connectionId);
      }
    };
    const cancel = this.#components.clock.after(defaults.idleConnection_ms, check);
    this.#idle.set(connectionId, cancel);
  }

  /** Ends a connection that is of no use any more. */
  drop(connectionId: string): void {
    this.#idle.get(connectionId)?.();
    this.#idle.delete(connectionId);
    this.#peers.get(connectionId)?.close();
    this.#peers.delete(connectionId);
  }

  close(): void {
    for (const connectionId of [...this.#peers.keys()]) {
      this.drop(connectionId);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #keep<P extends PublishPeer | SubscribePeer>(ref: ConnectionRef, peer: P): P {
    this.drop(ref.connectionId);
    this.#peers.set(ref.connectionId, peer);
    return peer;
  }

  #answer(ref: ConnectionRef, sdp: string): void {
    const peer = this.subscribing(ref);
    peer.handleOffer(sdp).catch(() => {
      if (!peer.isClosed) {
        this.#fail(ref.connectionId);
      }
    });
    if (sends.test(sdp)) {
      // Nobody may ever ask for what it carries.
      this.release(ref.connectionId);
    }
  }

  #fail(connectionId: string): void {
    this.drop(connectionId);
    this.#options.onFailed(connectionId);
  }

  #peerComponents(ref: ConnectionRef) {
    const { clock, signalling, newConnection } = this.#components;
    return {
      clock,
      connection: newConnection(),
      describe: (msg: Parameters<Signalling['describe']>[1]) => signalling.describe(ref, msg),
      onFailed: () => this.#fail(ref.connectionId),
    };
  }
}
