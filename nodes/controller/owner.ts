import type { Cancel, Clock } from '../../protocol/clock.ts';
import type {
  OwnerToWatcher,
  P2pSaying,
  WatcherToOwner,
} from '../../protocol/contracts/controller-controller.ts';
import { ownerToWatcher, watcherToOwner } from '../../protocol/contracts/controller-controller.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Target } from '../link/zmq-dialer.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import { defaults } from './defaults.ts';
import type { RoomStreamId, StreamUnderGrant } from './neighbours.ts';
import type { Sharing } from './shared-room.ts';
import { SharedRoom } from './shared-room.ts';

type OwnerPeer = RpcPeer<WatcherToOwner, OwnerToWatcher>;

export interface OwnerOptions {
  to: Target;
  /** Who is calling; JSON text. */
  hello: string;
  onCall?: OnCall | undefined;
  onData(stream: RoomStreamId, msg: unknown): void;
  onP2p(stream: RoomStreamId, to: string, msg: unknown): void;
  /** There is nothing more to be heard of it, or told it. */
  onIdle(): void;
}

/**
 * A controller at which streams are published that are watched here, or that is told of rooms; dialled anew
 * while there are some.
 */
export class Owner {
  readonly #clock: Clock;
  readonly #zmq: ZmqSockets;
  readonly #log: Log;
  readonly #options: OwnerOptions;
  readonly #watched = new Map<string, StreamUnderGrant>();
  /** When it was last asked for each of them, and answered. */
  readonly #asked = new Map<string, Promise<void>>();
  readonly #shared = new Map<string, SharedRoom>();
  #peer: OwnerPeer | undefined;
  #stopRedial: Cancel = () => undefined;

  constructor(components: { clock: Clock; log: Log; zmq: ZmqSockets }, options: OwnerOptions) {
    this.#clock = components.clock;
    this.#zmq = components.zmq;
    this.#log = components.log.child({ owner: options.to.endpoint });
    this.#options = options;
  }

  /** Resolves when it says what is said on the stream, or cannot be asked now: in 5 s at the latest. Never rejects. */
  async watch(stream: StreamUnderGrant): Promise<void> {
    this.#watched.set(stream.streamId, stream);
    if (this.#peer === undefined) {
      this.#dial();
    } else {
      this.#ask(this.#peer, stream);
    }
    await this.#asked.get(stream.streamId);
  }

  unwatch(stream: RoomStreamId): void {
    this.#asked.delete(stream.streamId);
    if (this.#watched.delete(stream.streamId) && this.#peer !== undefined) {
      try {
        this.#peer.notify('stream.unwatch', stream);
      } catch {
        // The next link asks for what is watched then, and for this one no more.
        this.#peer.close();
      }
    }
    this.#endIfIdle();
  }

  /** Tells it the facts of the room, and again whenever this is called. */
  share(sharing: Sharing): void {
    const { roomId } = sharing;
    const known = this.#shared.get(roomId);
    if (known !== undefined) {
      known.changed();
      return;
    }
    const shared: SharedRoom = new SharedRoom(
      { log: this.#log },
      { sharing, nodeId: this.#options.to.nodeId, onDone: () => this.#unshared(roomId, shared) },
    );
    this.#shared.set(roomId, shared);
    if (this.#peer === undefined) {
      this.#dial();
    } else {
      shared.linked(this.#peer);
    }
  }

  /** Tells it the facts once more, and no longer. */
  unshare(roomId: string): void {
    this.#shared.get(roomId)?.finish();
  }

  sayToPublisher(stream: RoomStreamId, from: string, saying: P2pSaying): void {
    try {
      this.#peer?.notify('p2p.toPublisher', { ...stream, from, saying });
    } catch {
      // What is not said is lost, as over a link that is down: its client tries anew.
      this.#peer?.close();
    }
  }

  close(): void {
    this.#watched.clear();
    this.#shared.clear();
    this.#stopRedial();
    this.#peer?.close();
  }

  #dial(): void {
    this.#stopRedial();
    const { to, hello } = this.#options;
    const peer: OwnerPeer = RpcPeer.create(
      {
        link: this.#zmq.dial({ to, hello, name: `owner ${to.endpoint}` }),
        clock: this.#clock,
        handlers: {
          'p2p.toSubscriber': ({ streamId, to, msg }) => {
            const stream = this.#watched.get(streamId);
            if (stream !== undefined) {
              this.#options.onP2p(stream, to, msg);
            }
          },
          'stream.data': ({ streamId, msg }) => {
            const stream = this.#watched.get(streamId);
            if (stream !== undefined) {
              this.#options.onData(stream, msg);
            }
          },
        },
      },
      {
        outgoing: watcherToOwner,
        incoming: ownerToWatcher,
        onFault: (err, method) => this.#log.warn({ err, method }, 'fault of a neighbour'),
        onEnd: (why) => this.#onEnd(peer, why),
        onCall: this.#options.onCall,
      },
    );
    this.#peer = peer;
    this.#log.info('neighbour dialled');
    for (const stream of this.#watched.values()) {
      this.#ask(peer, stream);
    }
    for (const shared of this.#shared.values()) {
      shared.linked(peer);
    }
  }

  #unshared(roomId: string, shared: SharedRoom): void {
    if (this.#shared.get(roomId) === shared) {
      this.#shared.delete(roomId);
      this.#endIfIdle();
    }
  }

  #endIfIdle(): void {
    if (this.#isIdle) {
      this.#options.onIdle();
    }
  }

  get #isIdle(): boolean {
    return this.#watched.size === 0 && this.#shared.size === 0;
  }

  #ask(peer: OwnerPeer, stream: StreamUnderGrant): void {
    this.#asked.set(stream.streamId, this.#call(peer, stream));
  }

  async #call(peer: OwnerPeer, stream: StreamUnderGrant): Promise<void> {
    const { roomId, streamId } = stream;
    try {
      await peer.call('stream.watch', { roomId, streamId, grant: stream.grant() });
    } catch (thrown) {
      const { code } = toRizomaError(thrown);
      this.#log.info({ roomId, streamId, code }, 'a stream cannot be watched now');
      if (code !== 'not_found' && code !== 'forbidden') {
        // With the next link all is asked for again.
        peer.close();
      }
    }
  }

  #onEnd(peer: OwnerPeer, why: string): void {
    if (this.#peer !== peer) {
      return;
    }
    this.#peer = undefined;
    for (const shared of [...this.#shared.values()]) {
      shared.unlinked();
    }
    if (!this.#isIdle) {
      this.#log.warn({ why }, 'neighbour lost');
      this.#stopRedial = this.#clock.after(defaults.neighbourRedial_ms, () => this.#dial());
    }
  }
}
