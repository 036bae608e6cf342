import type { RoomShare, WatcherToOwner } from '../../protocol/contracts/controller-controller.ts';
import type { OwnerToWatcher } from '../../protocol/contracts/controller-controller.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Log } from '../log.ts';

type Peer = RpcPeer<WatcherToOwner, OwnerToWatcher>;

/** A room whose facts other controllers are told by this one. */
export interface Sharing {
  readonly roomId: string;
  /** The facts as they are now. */
  say(): RoomShare;
  /** The controller of that node does not hold the room. */
  notHeld(nodeId: string): void;
}

export interface SharedRoomOptions {
  readonly sharing: Sharing;
  readonly nodeId: string;
  /** It was told for the last time. */
  onDone(): void;
}

/** A room whose facts one other controller is told: one call at a time, and the newest facts win. */
export class SharedRoom {
  readonly #log: Log;
  readonly #options: SharedRoomOptions;
  #peer: Peer | undefined;
  #owes = true;
  #busy = false;
  #isLast = false;

  constructor(components: { log: Log }, options: SharedRoomOptions) {
    this.#log = components.log.child({ roomId: options.sharing.roomId });
    this.#options = options;
  }

  /** The facts have changed, or their like. */
  changed(): void {
    this.#isLast = false;
    this.#tell();
  }

  /** Tells the facts once more, where there is a link, and no longer. */
  finish(): void {
    this.#isLast = true;
    this.#tell();
  }

  /** There is a link, over which all is told anew. */
  linked(peer: Peer): void {
    this.#peer = peer;
    this.#tell();
  }

  unlinked(): void {
    this.#peer = undefined;
    this.#endIfDone();
  }

  #tell(): void {
    this.#owes = true;
    if (!this.#busy) {
      void this.#run();
    }
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#busy = true;
    for (let peer = this.#peer; this.#owes && peer !== undefined; peer = this.#peer) {
      this.#owes = false;
      await this.#share(peer);
    }
    this.#busy = false;
    this.#endIfDone();
  }

  async #share(peer: Peer): Promise<void> {
    const { sharing, nodeId } = this.#options;
    try {
      await peer.call('room.share', sharing.say());
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      this.#log.info({ code }, `a neighbour does not take the facts of a room: ${message}`);
      if (code === 'not_found') {
        sharing.notHeld(nodeId);
      } else if (code !== 'forbidden' && this.#peer === peer) {
        // With the next link all is told again.
        this.#peer = undefined;
        this.#owes = true;
        peer.close();
      }
    }
  }

  #endIfDone(): void {
    if (this.#isLast && !this.#busy && (!this.#owes || this.#peer === undefined)) {
      this.#options.onDone();
    }
  }
}
