import type {
  Directory,
  DirectoryChange,
  RoomFacts,
  RoomStream,
} from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import { allows } from '../../protocol/pin.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { RegionMap } from '../../protocol/region-tree.ts';
import type { EdgeLog, Trace } from '../log.ts';
import type { DirectoryEvent, DirectoryState } from '../room/directory.ts';
import { directoryStep, emptyDirectoryState } from '../room/directory.ts';
import { routesKey } from '../room/routes.ts';
import type { NodeApi, RoomNotice, Speaker } from './api.ts';
import { InOrder } from './in-order.ts';
import type { RoomStore } from './room-store.ts';

export interface RoomDirectoryComponents {
  readonly store: RoomStore;
  readonly transaction: (write: () => void) => void;
  readonly node: (nodeId: string) => NodeApi;
  /** The room's id; throws `not_found` where it was deleted. */
  readonly roomId: () => string;
  /** Routes follow from something else than before. */
  readonly regionsChanged: () => Promise<void>;
  /** Keeps the object awake until the task is done. */
  readonly background: (task: Promise<void>) => void;
  /** Told within the transaction of what was published before and is now. */
  readonly changed: (before: readonly RoomStream[], after: readonly RoomStream[]) => void;
  readonly log: EdgeLog;
}

interface Entering {
  readonly at: Whereabouts;
  readonly facts: RoomFacts;
}

/** Who holds the room and publishes what in it: steps its state, stores it, tells the controllers. */
export class RoomDirectory {
  readonly #parts: RoomDirectoryComponents;
  /** What each node is told, in order. */
  readonly #pushes = new InOrder({ limit: limits.linkQueue_frames });
  #state: DirectoryState;

  constructor(components: RoomDirectoryComponents) {
    this.#parts = components;
    this.#state = components.store.directory();
  }

  /** What is published in the room. */
  get streams(): readonly RoomStream[] {
    return this.#state.directory.streams;
  }

  /** Whether that lease of that node holds the room. */
  isHolder({ nodeId, lease }: Speaker): boolean {
    return this.#state.holders.some((one) => one.nodeId === nodeId && one.lease === lease);
  }

  /** Those that hold the room where that pin does not allow it. */
  outside(pin: RegionPin): Speaker[] {
    return this.#state.holders.filter((holder) => !allows(pin, holder));
  }

  /** Ids of the nodes that hold the room, in the order in which they entered. */
  holders(): string[] {
    return this.#state.holders.map(({ nodeId }) => nodeId);
  }

  /** The directory as it is now. */
  rows(): Directory {
    return this.#state.directory;
  }

  /** Answers the directory, once what was pushed to the node before is on its way. */
  async enter({ at, ...holder }: Speaker & Entering): Promise<Directory> {
    this.#step({ type: 'enter', holder: { ...holder, ...at } });
    const { directory } = this.#state;
    await this.#pushes.idle(holder.nodeId);
    return directory;
  }

  async facts(news: Speaker & { facts: RoomFacts }): Promise<DirectoryChange> {
    const change = this.#step({ type: 'facts', ...news });
    // The answer builds on what was pushed before: it must not come first.
    await this.#pushes.idle(news.nodeId);
    return change;
  }

  /** Makes the routes anew from these ways. */
  reroute(map: RegionMap): DirectoryChange {
    return this.#step({ type: 'ways', map });
  }

  /** The controller has left the room, or the node has lost that lease. */
  drop(type: 'leave' | 'lost', speaker: Speaker): void {
    this.#step({ type, ...speaker });
  }

  /**
   * Tells all holders that the room is deleted, and forgets them. Rejects where one cannot be told:
   * whoever asked tries again, and finds the holders here.
   */
  async end(roomId: string, trace: Trace | undefined): Promise<void> {
    const notice = { method: 'room.deleted', params: { roomId, ...trace } } as const;
    await Promise.all(
      this.holders().map((nodeId) =>
        this.#pushes.run(nodeId, () => this.#parts.node(nodeId).push(notice)),
      ),
    );
    this.#parts.store.removeDirectory();
    this.#state = emptyDirectoryState;
  }

  #step(event: DirectoryEvent): DirectoryChange {
    const { store, transaction, roomId, background, regionsChanged, changed } = this.#parts;
    const id = roomId();
    const before = this.#state;
    const { state, change, effects } = directoryStep(before, event);
    transaction(() => {
      store.saveDirectory(before, state, change);
      if (change.version !== change.from) {
        changed(before.directory.streams, state.directory.streams);
      }
    });
    this.#state = state;
    for (const effect of effects) {
      const { to, change: news } = effect;
      this.tell(to, { method: 'room.changed', params: { roomId: id, change: news } });
    }
    if (routesKey(before.directory) !== routesKey(state.directory)) {
      background(regionsChanged());
    }
    return change;
  }

  /** Tells nodes something of the room, after what they were told before. */
  tell(to: readonly string[], notice: RoomNotice): void {
    const { node, background, log } = this.#parts;
    const { roomId } = notice.params;
    for (const nodeId of to) {
      const push = async (): Promise<void> => {
        try {
          await node(nodeId).push(notice);
        } catch (thrown) {
          // The node finds out by the version of the next change, or when its link is back.
          log.error('a node could not be told', thrown, { roomId, nodeId });
        }
      };
      background(this.#pushes.run(nodeId, push));
    }
  }
}
