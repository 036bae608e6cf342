import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Leavings, Presence, ProvableUser } from '../../protocol/contracts/node-edge.ts';
import type { Entry } from '../../protocol/entry.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import { PresenceBatches } from './presence-batches.ts';

export interface RoomPresenceOptions {
  roomId: string;
  /** Those who are in the room here, as they are now. */
  users(): readonly ProvableUser[];
  /** The Room object does not count this controller as a holder: the room is to be entered anew. */
  onNoHolder(): void;
}

/**
 * Tells the Room object who is in the room here: at once when nothing was told for a while, and at most
 * once a second, one message at a time. After each entry, and after what failed, all are told.
 */
export class RoomPresence {
  readonly #clock: Clock;
  readonly #edge: Pick<Edge, 'call' | 'linked'>;
  readonly #log: Log;
  readonly #options: RoomPresenceOptions;
  readonly #batches = new PresenceBatches();
  /** Whether this controller holds the room. */
  #holds = false;
  #due = false;
  #busy = false;
  #sentAt_ms = -Infinity;
  #stopTimer: Cancel | undefined;

  constructor(
    components: { clock: Clock; edge: Pick<Edge, 'call' | 'linked'>; log: Log },
    options: RoomPresenceOptions,
  ) {
    this.#clock = components.clock;
    this.#edge = components.edge;
    this.#log = components.log;
    this.#options = options;
  }

  entered(): void {
    this.#holds = true;
    this.#batches.begin();
    this.changed();
  }

  /** Somebody came or went. */
  changed(): void {
    this.#due = true;
    this.#arm();
  }

  /** A client left for good that came with a ticket; told with `changed`, or with the room itself. */
  gone(entry: Entry): void {
    this.#batches.left(entry);
  }

  /** Who left for good of whom the Room object was not told so. */
  get untold(): Leavings | undefined {
    return this.#batches.untold();
  }

  /** The room is not held here any more, until it is entered again. */
  left(): void {
    this.#holds = false;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #arm(): void {
    if (!this.#holds || !this.#due || this.#busy || this.#stopTimer !== undefined) {
      return;
    }
    const wait_ms = this.#sentAt_ms + limits.presence_ms - this.#clock.now();
    if (wait_ms <= 0) {
      void this.#tell();
      return;
    }
    this.#stopTimer = this.#clock.after(wait_ms, () => {
      this.#stopTimer = undefined;
      void this.#tell();
    });
  }

  /** Never rejects. While the edge is away nothing is told: when it is back the room is entered anew. */
  async #tell(): Promise<void> {
    this.#due = false;
    const next = this.#edge.linked ? this.#batches.next(this.#options.users()) : undefined;
    if (next === undefined) {
      return;
    }
    this.#busy = true;
    this.#sentAt_ms = this.#clock.now();
    this.#due = next.more;
    try {
      await this.#send(next.presence);
    } catch (thrown) {
      this.#onFailure(thrown);
    } finally {
      this.#busy = false;
    }
    this.#arm();
  }

  async #send(presence: Presence): Promise<void> {
    const { roomId } = this.#options;
    const answer = await this.#edge.call('room.presence', { roomId, presence });
    if (answer === 'ok') {
      this.#batches.taken(presence);
    } else {
      this.#batches.begin();
      this.#due = true;
    }
  }

  #onFailure(thrown: unknown): void {
    const error = toRizomaError(thrown);
    if (!this.#holds || error.code === 'link_down') {
      return;
    }
    if (error.code === 'not_found' || error.code === 'conflict') {
      this.left();
      this.#options.onNoHolder();
      return;
    }
    this.#log.warn({ err: error }, 'the Room object was not told who is here');
    this.#batches.begin();
    this.#due = true;
  }
}
