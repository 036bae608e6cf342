import type {
  Leavings,
  Presence,
  RecordingNews,
  RoomEntered,
  ProvableFacts,
} from '../../protocol/contracts/node-edge.ts';
import type { DirectoryChange } from '../../protocol/directory.ts';
import type { Entry } from '../../protocol/entry.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import type { IsProven } from '../room/claims.ts';
import { factsBy, leavingsBy, presenceBy } from '../room/claims.ts';
import type { RoomApi, Speaker } from './api.ts';
import { ChangeOrder } from './change-order.ts';
import type { EntryChecks } from './entry-checks.ts';
import { InOrder } from './in-order.ts';
import type { HeldRoom, NodeStore } from './node-store.ts';
import { valueOf } from './outcome.ts';

const defaults = {
  /** Rooms that are told of a loss at a time. */
  roomsAtATime: 32,
} as const;

export interface NodeRoomsComponents {
  readonly store: NodeStore;
  readonly entries: EntryChecks;
  readonly room: (roomId: string) => RoomApi;
  /** Sends a change to the node; false where it has no link now. */
  readonly send: (roomId: string, change: DirectoryChange) => boolean;
  /** Runs it in a later task. */
  readonly later: (run: () => void) => void;
}

/** A node that speaks, and its key. */
export interface KeyedSpeaker extends Speaker {
  readonly peerId: string;
}

export interface Entering {
  readonly at: Whereabouts;
  readonly facts: ProvableFacts;
  readonly entry: Entry;
  /** Whether the lease lives under which it speaks. */
  readonly isLive: () => boolean;
}

/**
 * The rooms that a node holds. Each is written down before it is entered, with the lease, so that no
 * room can miss that the lease has ended.
 */
export class NodeRooms {
  readonly #parts: NodeRoomsComponents;
  readonly #store: NodeStore;
  readonly #room: (roomId: string) => RoomApi;
  /** Calls to one room must not overtake each other: facts replace what was said before. */
  readonly #order = new InOrder({ limit: limits.callsInFlight });
  readonly #changes = new ChangeOrder();

  constructor(components: NodeRoomsComponents) {
    this.#parts = components;
    this.#store = components.store;
    this.#room = components.room;
  }

  /** Throws `conflict` where the lease has ended meanwhile. */
  async enter(
    roomId: string,
    speaker: KeyedSpeaker,
    { at, facts, entry, isLive }: Entering,
  ): Promise<RoomEntered> {
    const { nodeId, lease, peerId } = speaker;
    const held = { roomId, lease };
    return await this.#answer(roomId, async () => {
      const isHeld = this.#store.hasRoom(held);
      const next = await this.#parts.entries.next({ roomId, peerId }, entry, { isHeld });
      const proven = await factsBy(this.#parts.entries.of({ roomId, peerId }), facts);
      if (!isLive()) {
        throw new RizomaError('conflict', 'the lease of this node has ended: register again');
      }
      this.#store.addRoom(held);
      try {
        const entered = await valueOf(
          this.#room(roomId).enter({ nodeId, lease, at, facts: proven }),
        );
        // What is older is in it already.
        this.#changes.before(roomId, entered.version);
        return next === undefined ? entered : { ...entered, entry: next };
      } catch (thrown) {
        if (isGone(thrown) || isForbidden(thrown)) {
          this.#store.removeRoom(held);
        }
        throw thrown;
      }
    });
  }

  async facts(
    roomId: string,
    speaker: KeyedSpeaker,
    said: ProvableFacts,
  ): Promise<DirectoryChange> {
    return await this.#answer(roomId, async () => {
      const facts = await factsBy(this.#isProven(roomId, speaker), said);
      const change = await valueOf(this.#room(roomId).facts({ ...bare(speaker), facts }));
      this.#send(roomId, this.#changes.before(roomId, change.from));
      return change;
    });
  }

  presence(
    roomId: string,
    speaker: KeyedSpeaker,
    { region, presence: said }: { region: string; presence: Presence },
  ): Promise<'ok' | 'again'> {
    return this.#order.run(roomId, async () => {
      const presence = await presenceBy(this.#isProven(roomId, speaker), said);
      return await valueOf(this.#room(roomId).presence({ ...bare(speaker), region, presence }));
    });
  }

  recording(
    roomId: string,
    speaker: Speaker,
    news: { region: string; recording: RecordingNews },
  ): Promise<null> {
    return this.#order.run(roomId, () =>
      valueOf(this.#room(roomId).recording({ ...speaker, ...news })),
    );
  }

  /** Takes a change of a room from its Room object, and sends it when its turn has come. */
  changed(roomId: string, change: DirectoryChange): boolean {
    return this.#changes.holds(roomId, change) || this.#parts.send(roomId, change);
  }

  /** The room is no more: there is nothing that it would have to hear. */
  deleted(roomId: string): void {
    this.#store.forgetRoom(roomId);
  }

  leave(roomId: string, speaker: KeyedSpeaker, said: Leavings | undefined): Promise<null> {
    return this.#order.run(roomId, async () => {
      const left = said && (await leavingsBy(this.#isProven(roomId, speaker), said));
      const news = left === undefined ? bare(speaker) : { ...bare(speaker), left };
      await valueOf(this.#room(roomId).leave(news)).catch(unlessGone);
      this.#store.removeRoom({ roomId, lease: speaker.lease });
      return null;
    });
  }

  /** Whether there are rooms that have not heard yet that their lease has ended. */
  owesNews(liveLease: number | undefined): boolean {
    return this.#store.roomsOfOtherLeases(liveLease).length > 0;
  }

  /** Tells the rooms of every lease but the live one that it has ended. Throws if one could not be told. */
  async tellOfLoss(nodeId: string, liveLease: number | undefined): Promise<void> {
    const owed = this.#store.roomsOfOtherLeases(liveLease);
    for (let from = 0; from < owed.length; from += defaults.roomsAtATime) {
      const some = owed.slice(from, from + defaults.roomsAtATime);
      await Promise.all(some.map((held) => this.#tell(nodeId, held)));
    }
  }

  /** Of a room that is not held here nothing is proven, and nothing looked at. */
  #isProven(roomId: string, { lease, peerId }: KeyedSpeaker): IsProven {
    return this.#store.hasRoom({ roomId, lease })
      ? this.#parts.entries.of({ roomId, peerId })
      : () => Promise.resolve(false);
  }

  async #answer<T extends { version: number }>(roomId: string, call: () => Promise<T>): Promise<T> {
    let version: number | undefined;
    this.#changes.begin(roomId);
    try {
      const answer = await this.#order.run(roomId, call);
      version = answer.version;
      return answer;
    } finally {
      // In a task of its own: by then the answer has left.
      this.#parts.later(() => this.#send(roomId, this.#changes.end(roomId, version)));
    }
  }

  #send(roomId: string, changes: DirectoryChange[]): void {
    for (const change of changes) {
      this.#parts.send(roomId, change);
    }
  }

  #tell(nodeId: string, held: HeldRoom): Promise<void> {
    return this.#order.run(held.roomId, async () => {
      const { roomId, lease } = held;
      await valueOf(this.#room(roomId).nodeLost({ nodeId, lease })).catch(unlessGone);
      this.#store.removeRoom(held);
    });
  }
}

/** As the Room object knows it. */
function bare({ nodeId, lease }: KeyedSpeaker): Speaker {
  return { nodeId, lease };
}

function isForbidden(thrown: unknown): boolean {
  return thrown instanceof RizomaError && thrown.code === 'forbidden';
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof RizomaError && thrown.code === 'not_found';
}

/** A room that is gone needs no news. */
function unlessGone(thrown: unknown): null {
  if (isGone(thrown)) {
    return null;
  }
  throw thrown;
}
