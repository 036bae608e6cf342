import type { Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type {
  OwnerToWatcher,
  P2pSaying,
  RoomShare,
  WatcherToOwner,
} from '../../protocol/contracts/controller-controller.ts';
import { ownerToWatcher, watcherToOwner } from '../../protocol/contracts/controller-controller.ts';
import { Hello } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Caller } from '../link/keyring.ts';
import type { Target } from '../link/zmq-dialer.ts';
import type { ZmqListener } from '../link/zmq-listener.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import { Owner } from './owner.ts';
import type { Sharing } from './shared-room.ts';

type WatcherPeer = RpcPeer<OwnerToWatcher, WatcherToOwner>;

/** What the rooms of this controller do for its neighbours. */
export interface NeighbourListener {
  /**
   * Throws `not_found` where no client of this controller publishes the stream in the room, and `forbidden` where the caller
   * cannot show that it may be told of the room.
   */
  watched(from: Caller, stream: WatchedStream): Promise<void>;
  /** A publisher elsewhere says something to the subscribers of its stream here. */
  data(roomId: string, streamId: string, msg: unknown): void;
  /** A subscriber elsewhere says something to the publisher of a stream here. */
  p2pToPublisher(stream: RoomStreamId, from: string, saying: P2pSaying): void;
  /** A publisher elsewhere says something to one subscriber here. */
  p2pToSubscriber(stream: RoomStreamId, to: string, msg: unknown): void;
  /** Another controller tells its facts of a room. Rejects where it may not, or the room is not held here. */
  shared(from: Caller, share: RoomShare): Promise<void>;
  /** The link has ended over which that caller told what it did. */
  callerLost(from: Caller): void;
}

export interface NeighboursOptions {
  controllerId: string;
  /** For measurements of the calls to them. */
  onCall?: OnCall | undefined;
}

/** A stream of a room, and the room's grant as it is now. */
export interface StreamUnderGrant extends RoomStreamId {
  grant(): string;
}

/** What another controller wants to hear, and by which grant. */
export interface WatchedStream extends RoomStreamId {
  readonly grant: string;
}

/** A stream of a room. */
export interface RoomStreamId {
  roomId: string;
  streamId: string;
}

/**
 * The other controllers: who of them hears what publishers here say, and whom of them this one
 * hears. One link a pair and direction, dialled by whoever has a subscriber.
 */
export class Neighbours {
  readonly #clock: Clock;
  readonly #zmq: ZmqSockets;
  readonly #log: Log;
  readonly #hello: string;
  readonly #onCall: OnCall | undefined;
  #listener: NeighbourListener | undefined;
  #socket: ZmqListener | undefined;
  readonly #watchers = new Map<string, Set<WatcherPeer>>();
  /** By node and endpoint: no node takes the place of another by naming its endpoint. */
  readonly #owners = new Map<string, Owner>();

  constructor(components: { clock: Clock; log: Log; zmq: ZmqSockets }, options: NeighboursOptions) {
    this.#clock = components.clock;
    this.#zmq = components.zmq;
    this.#log = components.log.child({ part: 'neighbours' });
    this.#onCall = options.onCall;
    this.#hello = JSON.stringify({ kind: 'controller', id: options.controllerId });
  }

  /** Listens for other controllers from now on; they are refused until there is a listener. */
  static async create(
    components: { clock: Clock; log: Log; zmq: ZmqSockets },
    options: NeighboursOptions & { ip: string },
  ): Promise<Neighbours> {
    const neighbours = new Neighbours(components, options);
    neighbours.#socket = await components.zmq.listen({
      ip: options.ip,
      onLink: (link, hello, caller) => neighbours.#onLink(link, hello, caller),
    });
    return neighbours;
  }

  /** Where other controllers reach this one. */
  get endpoint(): string {
    if (this.#socket === undefined) {
      throw new Error('the controller has no socket for its neighbours yet');
    }
    return this.#socket.endpoint;
  }

  /** Streams of this controller that are watched from elsewhere, once for each that watches. */
  get watchers(): number {
    return [...this.#watchers.values()].reduce((sum, peers) => sum + peers.size, 0);
  }

  /** Controllers that watch the stream. */
  watchersOf(streamId: string): number {
    return this.#watchers.get(streamId)?.size ?? 0;
  }

  listen(listener: NeighbourListener): void {
    this.#listener = listener;
  }

  /** What the publisher of the stream says, at the controller there, is heard here once this has resolved, if it can be now. */
  watch(to: Target, stream: StreamUnderGrant): Promise<void> {
    return this.#ownerAt(to).watch(stream);
  }

  /** Nobody here hears the stream any more. */
  unwatch(from: Target, stream: RoomStreamId): void {
    this.#owners.get(keyOf(from))?.unwatch(stream);
  }

  /** Tells the controller there the facts of a room, and again whenever this is called. */
  share(to: Target, sharing: Sharing): void {
    this.#ownerAt(to).share(sharing);
  }

  /** Tells it the facts once more, where it can be reached, and no longer. */
  unshare(to: Target, roomId: string): void {
    this.#owners.get(keyOf(to))?.unshare(roomId);
  }

  /** Tells all that watch the stream what its publisher says. */
  data(stream: RoomStreamId, msg: unknown): void {
    this.#tell(stream, (peer) => peer.notify('stream.data', { ...stream, msg }));
  }

  #tell({ streamId }: RoomStreamId, say: (peer: WatcherPeer) => void): void {
    for (const peer of this.#watchers.get(streamId) ?? []) {
      try {
        say(peer);
      } catch (thrown) {
        // One that does not read is cut off: it dials again.
        this.#log.warn({ code: toRizomaError(thrown).code }, 'a neighbour cannot be told');
        peer.close();
      }
    }
  }

  /** To the publisher at the controller there, where the stream is watched. */
  sayToPublisher(to: Target, stream: RoomStreamId, from: string, saying: P2pSaying): void {
    this.#owners.get(keyOf(to))?.sayToPublisher(stream, from, saying);
  }

  /** To a subscriber elsewhere: only the controller that it is at knows it. */
  sayToSubscriber(stream: RoomStreamId, to: string, msg: unknown): void {
    this.#tell(stream, (peer) => peer.notify('p2p.toSubscriber', { ...stream, to, msg }));
  }

  /** The stream is no more. */
  ended(streamId: string): void {
    this.#watchers.delete(streamId);
  }

  async close(): Promise<void> {
    for (const owner of this.#owners.values()) {
      owner.close();
    }
    this.#owners.clear();
    await this.#socket?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #ownerAt(to: Target): Owner {
    const key = keyOf(to);
    const known = this.#owners.get(key);
    if (known !== undefined) {
      return known;
    }
    const owner: Owner = new Owner(
      { clock: this.#clock, log: this.#log, zmq: this.#zmq },
      {
        to,
        hello: this.#hello,
        onCall: this.#onCall,
        onData: ({ roomId, streamId }, msg) => this.#listener?.data(roomId, streamId, msg),
        onP2p: (stream, to, msg) => this.#listener?.p2pToSubscriber(stream, to, msg),
        onIdle: () => {
          owner.close();
          this.#owners.delete(key);
        },
      },
    );
    this.#owners.set(key, owner);
    return owner;
  }

  #onLink(link: Link, helloText: string, caller: Caller): void {
    const held: { peer?: WatcherPeer } = {};
    const from = neighbourOf(helloText);
    if (from === undefined) {
      this.#log.warn({ link: link.name }, 'nobody we know has dialled');
      link.open({ frame: () => undefined, ended: () => undefined });
      link.close();
      return;
    }
    const log = this.#log.child({ neighbour: from });
    held.peer = RpcPeer.create(
      { link, clock: this.#clock, handlers: this.#handlers(caller, () => held.peer) },
      {
        outgoing: ownerToWatcher,
        incoming: watcherToOwner,
        onFault: (err, method) => log.warn({ err, method }, 'fault of a neighbour'),
        onEnd: () => {
          this.#forget(held.peer);
          this.#listener?.callerLost(caller);
        },
      },
    );
    log.info('neighbour linked');
  }

  #handlers(caller: Caller, peer: () => WatcherPeer | undefined): Handlers<WatcherToOwner> {
    return {
      'room.share': async (share) => {
        if (this.#listener === undefined) {
          throw new RizomaError('unavailable', 'this controller is starting');
        }
        await this.#listener.shared(caller, share);
        return null;
      },
      'stream.watch': async (wanted) => {
        const { streamId } = wanted;
        if (this.#listener === undefined) {
          throw new RizomaError('unavailable', 'this controller is starting');
        }
        await this.#listener.watched(caller, wanted);
        const watcher = peer();
        if (watcher === undefined || watcher.ended !== undefined) {
          return null;
        }
        const watchers = this.#watchers.get(streamId) ?? new Set();
        this.#watchers.set(streamId, watchers.add(watcher));
        return null;
      },
      'p2p.toPublisher': ({ roomId, streamId, from, saying }) => {
        const watcher = peer();
        if (watcher !== undefined && this.#watchers.get(streamId)?.has(watcher) === true) {
          this.#listener?.p2pToPublisher({ roomId, streamId }, from, saying);
        }
      },
      'stream.unwatch': ({ streamId }) => {
        const watcher = peer();
        if (watcher !== undefined) {
          this.#watchers.get(streamId)?.delete(watcher);
        }
      },
    };
  }

  #forget(peer: WatcherPeer | undefined): void {
    if (peer !== undefined) {
      for (const watchers of this.#watchers.values()) {
        watchers.delete(peer);
      }
    }
  }
}

function keyOf({ nodeId, endpoint }: Target): string {
  return `${nodeId} ${endpoint}`;
}

function neighbourOf(hello: string): string | undefined {
  try {
    const { kind, id } = parseJson(Hello, hello, 'hello');
    return kind === 'controller' ? id : undefined;
  } catch {
    return undefined;
  }
}
