import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Leavings, ProvableFacts } from '../../protocol/contracts/node-edge.ts';
import type { Directory, DirectoryChange, Removal } from '../../protocol/directory.ts';
import type { Entry } from '../../protocol/entry.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { newerGrant } from '../../protocol/grant.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import { TokenBucket } from '../token-bucket.ts';
import { defaults } from './defaults.ts';
import { DirectoryKeeper } from './directory-keeper.ts';
import type { RoomSharingComponents, RoomSharingOptions } from './room-sharing.ts';
import { RoomSharing } from './room-sharing.ts';

export interface RoomSyncOptions extends Omit<RoomSharingOptions, 'grant'> {
  /** The facts as they are now, with what proves them to the edge. */
  provableFacts(): ProvableFacts;
  /** The Room object counts this controller as a holder, for the first time or again. */
  onEntered(): void;
  /** These were removed from the room a moment ago, and all who joined by that time. */
  onRemoved(removed: readonly Removal[], before_ms: number): void;
  /** The edge does not know the room (any more). */
  onGone(error: RizomaError): void;
  /** Who left for good, of whom the Room object was not told so. */
  leavings(): Leavings | undefined;
  /** The Room object knows that this controller does not hold the room any more. */
  onLeft(): void;
}

interface Waiter {
  resolve(): void;
  reject(error: RizomaError): void;
}

/** How facts of a controller are refused that the Room object counts as a holder no more. */
const noHolder: readonly ErrorCode[] = ['not_found', 'conflict'];

/** What the Room object is to be told next. */
type Wish = 'enter' | 'facts' | 'leave' | 'nothing';

/**
 * A room's conversation with its Room object: one call at a time, the newest state wins, and what
 * could not be said while the edge was away is said when it is back. Meanwhile it goes to the others.
 */
export class RoomSync {
  readonly sharing: RoomSharing;
  readonly #clock: Clock;
  readonly #edge: Edge;
  readonly #log: Log;
  readonly #options: RoomSyncOptions;
  readonly #keeper = new DirectoryKeeper();
  #grant: string | undefined;
  /** Of a client that was let in: by it the room is entered, again too. */
  #entry: Entry | undefined;
  #p2p = false;
  #held = false;
  #mustEnter = false;
  #mustTell = false;
  #mustLeave = false;
  #busy = false;
  #closed = false;
  readonly #tellings: TokenBucket;
  #stopRetry: Cancel = () => undefined;
  /** Calls in a row that were refused for good. */
  #refused = 0;
  #waiters: Waiter[] = [];

  constructor(components: RoomSharingComponents & { edge: Edge }, options: RoomSyncOptions) {
    this.#clock = components.clock;
    this.#tellings = new TokenBucket(components, {
      ...{ perSecond: defaults.facts_perSecond, burst: defaults.factsAtOnce },
    });
    this.#edge = components.edge;
    this.#log = components.log;
    this.#options = options;
    this.sharing = new RoomSharing(components, { ...options, grant: () => this.grant });
  }

  /** Whether clients of the room send to each other directly, as the Room object said last. */
  get p2p(): boolean {
    return this.#p2p;
  }

  /**
   * Resolves when the directory is there: at once for all but the first. Rejects with what the
   * first attempt met, `unavailable` while the edge is away.
   */
  async enter(entry: Entry): Promise<void> {
    // That of the first client will do, and may have been made anew meanwhile.
    this.#entry = this.#held ? (this.#entry ?? entry) : entry;
    if (this.#held && this.#keeper.directory !== undefined) {
      return;
    }
    if (!this.#edge.linked) {
      throw unreachable();
    }
    const entered = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    if (!this.#held) {
      this.#held = true;
      this.#mustEnter = true;
      this.#mustLeave = false;
    }
    this.#kick();
    await entered;
  }

  /** The facts have changed. */
  tell(): void {
    this.#mustTell = true;
    this.sharing.changed();
    this.#kick();
  }

  /** This controller holds the room no longer, unless it enters again. */
  leave(): void {
    if (this.#held) {
      this.#held = false;
      this.#mustEnter = false;
      this.#mustLeave = true;
      this.#kick();
    } else if (!this.#mustLeave && !this.#busy && !this.#closed) {
      this.#end();
    }
  }

  /** The edge is (again) there: what it pushed meanwhile was missed, and maybe it forgot our facts. */
  linked(): void {
    this.#mustEnter = this.#held;
    this.#kick();
  }

  /** The Room object does not count this controller as a holder (any more). */
  forgotten(): void {
    this.linked();
  }

  changed(change: DirectoryChange): void {
    if (!this.#held) {
      return;
    }
    const before = this.#keeper.directory;
    if (!this.#keeper.take(change)) {
      this.#enterAnew();
    }
    this.#publish(before);
    if (this.#keeper.hasGap) {
      this.#kick();
    }
  }

  /** A grant that comes twice, or late, does no harm. */
  granted(grant: string): void {
    this.#grant = newerGrant(this.#grant, grant);
  }

  /** Under which streams of the room are pulled. Throws `unavailable` before it is there. */
  get grant(): string {
    if (this.#grant === undefined) {
      throw new RizomaError('unavailable', 'the edge has not granted the room yet');
    }
    return this.#grant;
  }

  get #shown(): Entry {
    if (this.#entry === undefined) {
      throw new RizomaError('internal', 'a room is entered for somebody who was let in');
    }
    return this.#entry;
  }

  close(): void {
    this.#closed = true;
    this.#stopRetry();
    this.#settle(new RizomaError('unavailable', 'the room is closing'));
  }

  #enterAnew(): void {
    this.#keeper.forgetEarly();
    this.#mustEnter = true;
    this.#kick();
  }

  #kick(): void {
    if (!this.#busy && !this.#closed) {
      this.#stopRetry();
      void this.#run();
    }
  }

  /** Never rejects: what fails is tried again, or is the end of the room. */
  async #run(): Promise<void> {
    this.#busy = true;
    try {
      for (let wish = this.#wish(); wish !== 'nothing'; wish = this.#wish()) {
        await this.#fulfil(wish);
      }
    } catch (thrown) {
      this.#onFailure(toRizomaError(thrown));
    } finally {
      this.#busy = false;
    }
  }

  #wish(): Wish {
    if (this.#closed || !this.#edge.linked) {
      return 'nothing';
    }
    if (this.#held && this.#keeper.hasGap) {
      // No call is under way whose answer could fill it: one before was missed.
      this.#keeper.forgetEarly();
      this.#mustEnter = true;
    }
    if (this.#mustLeave) {
      return 'leave';
    }
    if (this.#mustEnter) {
      return 'enter';
    }
    return this.#held && this.#mustTell && this.#mayTell() ? 'facts' : 'nothing';
  }

  /** Whether the facts are told now; else they are a moment later, as they are then. */
  #mayTell(): boolean {
    const may = this.#tellings.take();
    if (!may) {
      this.#stopRetry = this.#clock.after(1_000 / defaults.facts_perSecond, () => this.#kick());
    }
    return may;
  }

  async #fulfil(wish: Exclude<Wish, 'nothing'>): Promise<void> {
    const { roomId } = this.#options;
    switch (wish) {
      case 'leave':
        await this.#edge.call('room.leave', { roomId, left: this.#options.leavings() });
        this.#onLeft();
        return;
      case 'enter':
        await this.#doEnter(roomId);
        return;
      case 'facts':
        await this.#doTell(roomId);
        return;
    }
  }

  async #doEnter(roomId: string): Promise<void> {
    this.#mustEnter = false;
    this.#mustTell = false;
    try {
      const entered = await this.#edge.call('room.enter', {
        ...{ roomId, facts: this.#options.provableFacts(), entry: this.#shown },
      });
      const { grant, p2p, removed = [], removedBefore_ms = 0, entry, ...directory } = entered;
      this.#entry = entry ?? this.#entry;
      this.granted(grant);
      this.#p2p = p2p === true;
      this.#options.onRemoved(removed, removedBefore_ms);
      const before = this.#keeper.directory;
      this.#keeper.replace(directory);
      this.#log.info({ version: directory.version }, 'room entered');
      this.#publish(before);
      this.#know();
      this.#settle(undefined);
      if (this.#held) {
        this.#options.onEntered();
      }
    } catch (thrown) {
      this.#mustEnter = this.#held;
      throw thrown;
    }
  }

  async #doTell(roomId: string): Promise<void> {
    this.#mustTell = false;
    try {
      const change = await this.#edge.call('room.facts', {
        ...{ roomId, facts: this.#options.provableFacts() },
      });
      const before = this.#keeper.directory;
      this.#keeper.take(change);
      this.#publish(before);
      this.#know();
    } catch (thrown) {
      this.#mustTell = true;
      if (!noHolder.includes(toRizomaError(thrown).code)) {
        throw thrown;
      }
      this.#mustEnter = this.#held;
    }
  }

  #publish(before: Directory | undefined): void {
    const { directory } = this.#keeper;
    if (directory !== undefined && directory !== before) {
      this.sharing.directory(directory);
    }
  }

  /** The Room object has the facts of a moment ago: where they are the newest, it knows all. */
  #know(): void {
    this.#refused = 0;
    if (!this.#mustTell && !this.#mustEnter) {
      this.sharing.known();
    }
  }

  #onLeft(): void {
    this.#mustLeave = false;
    this.#log.info('room left');
    if (!this.#held) {
      this.#end();
    }
  }

  #end(): void {
    this.close();
    this.sharing.close();
    this.#options.onLeft();
  }

  #onFailure(error: RizomaError): void {
    const gone = goneFor(error);
    this.#settle(error.code === 'link_down' ? unreachable() : (gone ?? error));
    if (this.#closed) {
      return;
    }
    if (gone !== undefined && this.#held) {
      this.close();
      this.#options.onGone(gone);
      return;
    }
    this.#log.warn({ err: error }, 'the Room object was not reached');
    // While the edge is away `linked` wakes us; this is for one that is there and cannot now.
    this.#stopRetry = this.#clock.after(this.#wait_ms(error), () => this.#kick());
  }

  /** What is refused for good would be refused again: it is tried less and less often, and at once where it has changed. */
  #wait_ms({ retryable }: RizomaError): number {
    this.#refused = retryable ? 0 : this.#refused + 1;
    const { edgeRetry_ms, edgeRetryMost_ms } = defaults;
    return Math.min(edgeRetryMost_ms, edgeRetry_ms * 2 ** Math.max(0, this.#refused - 1));
  }

  #settle(error: RizomaError | undefined): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (error === undefined) {
        waiter.resolve();
      } else {
        waiter.reject(error);
      }
    }
  }
}

function unreachable(): RizomaError {
  return new RizomaError(
    'unavailable',
    'the edge cannot be reached now, and the room is new here',
    {
      retryAfter_s: 1,
    },
  );
}

/** What clients are told where the room cannot be had here any more; those of a room elsewhere join again there. */
function goneFor({ code }: RizomaError): RizomaError | undefined {
  switch (code) {
    case 'not_found':
      return new RizomaError('not_found', 'the room does not exist any more');
    case 'forbidden':
      return new RizomaError('unavailable', 'the room cannot be served from here: join again');
    default:
      return undefined;
  }
}
