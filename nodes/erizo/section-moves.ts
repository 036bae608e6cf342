import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Connection } from './connection.ts';
import type { WantedVideo } from './layer-wish.ts';
import type { Consumer, Producer } from './media.ts';
import type { SectionOwner, Slot } from './slot.ts';
import type { Slots } from './slots.ts';
import { Standby } from './standby.ts';
import { allOrNone, closeAll, deferred } from './wait.ts';

/** The tracks of an owner that are about to come from elsewhere. */
interface Move {
  readonly owner: SectionOwner;
  /** In the sections that they have. */
  readonly inPlace: ReadonlyMap<Slot, Consumer>;
  /** In others, where they play by now. */
  readonly stoodBy: readonly Slot[];
  readonly left: readonly Slot[];
  readonly taken: PromiseWithResolvers<void>;
}

export interface MoveOptions {
  /** Whether both ways of its video are sent until the new one can be shown; else it begins when it is taken. */
  overlap: boolean;
  /** The old way has ended: nothing is to be waited for. */
  hurry: AbortSignal;
  wanted: () => WantedVideo;
}

/** The connection, as far as it sends to somebody who stands by. */
export interface Stage {
  join(owner: SectionOwner): void;
  send(
    owner: SectionOwner,
    producers: readonly Producer[],
    options: { atOnce: boolean },
  ): Promise<void>;
  remove(owner: SectionOwner): void;
  /** What is told of sections has changed. */
  offer(): void;
  /** Whether the client is a Firefox. */
  isFirefox(): boolean;
}

/**
 * Tracks that go on from other producers under other SSRCs: to the client they stay what they are. Sound does so in
 * its section, with the next offer; video that is shown plays beside the old one before, in another section, which
 * that offer shows in its place.
 */
export class SectionMoves {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #slots: Slots;
  readonly #stage: Stage;
  readonly #moves = new Map<SectionOwner, Move>();
  readonly #standbys = new Map<SectionOwner, Standby>();

  constructor(components: { clock: Clock; connection: Connection; slots: Slots; stage: Stage }) {
    this.#clock = components.clock;
    this.#connection = components.connection;
    this.#slots = components.slots;
    this.#stage = components.stage;
  }

  /** Resolves when the client has taken the owner's tracks from these; until then they come as they did. */
  async move(
    owner: SectionOwner,
    producers: readonly Producer[],
    options: MoveOptions,
  ): Promise<void> {
    const standby = await this.#standBy(owner, producers, options);
    try {
      const stoodBy = standby === undefined ? [] : this.#slots.of(standby);
      const kinds = new Set(stoodBy.map(({ kind }) => kind));
      const others = producers.filter(({ kind }) => !kinds.has(kind));
      const inPlace = await this.#consume(owner, others);
      const mine = this.#slots.of(owner);
      if (mine.length === 0) {
        closeAll([...inPlace.values()]);
        throw new RizomaError('cancelled', 'the subscription has ended');
      }
      const left = mine.filter(({ kind }) => kinds.has(kind));
      await this.#begin({ owner, inPlace, stoodBy, left, taken: deferred<void>() });
      const videos = [...inPlace.values()].filter(({ kind }) => kind === 'video');
      if (!options.wanted().paused) {
        // One whose track has ended meanwhile needs none.
        videos.forEach((video) => void video.resume().catch(() => undefined));
      }
    } finally {
      this.#endStandby(owner);
    }
  }

  /** Those that the next offer holds. */
  offered(): readonly Move[] {
    return [...this.#moves.values()];
  }

  /** The client answered an offer that held them, and said in it which sections it takes. */
  async taken(moves: readonly Move[]): Promise<void> {
    for (const move of this.#known(moves)) {
      this.#moves.delete(move.owner);
      for (const slot of move.left) {
        slot.leaves = false;
        leave(slot, move.owner);
      }
      const resumed = [...move.inPlace].map(([slot, consumer]) =>
        takeOver(slot, consumer, move.owner),
      );
      // A consumer whose track ended meanwhile cannot resume, and need not.
      await Promise.allSettled(resumed);
      move.taken.resolve();
    }
  }

  /** The client took none of them: what it has stays. Answers whether there were any. */
  refused(moves: readonly Move[], error: RizomaError): boolean {
    const refused = this.#known(moves);
    refused.forEach((move) => this.#drop(move, error));
    return refused.length > 0;
  }

  /** The owner goes. */
  remove(owner: SectionOwner): void {
    this.#endStandby(owner);
    const move = this.#moves.get(owner);
    if (move !== undefined) {
      this.#drop(move, new RizomaError('cancelled', 'the subscription has ended'));
    }
  }

  /** Undefined where there is nothing to see, or no section for it: then the video goes over in its place. */
  async #standBy(
    owner: SectionOwner,
    producers: readonly Producer[],
    { overlap, hurry, wanted }: MoveOptions,
  ): Promise<Standby | undefined> {
    const videos = producers.filter(({ kind }) => kind === 'video');
    const shows = this.#slots.of(owner).some(({ kind }) => kind === 'video') && !wanted().paused;
    if (!overlap || !shows || videos.length === 0 || hurry.aborted) {
      return undefined;
    }
    const apart = this.#stage.isFirefox();
    const standby = new Standby({ of: owner, wanted: wanted(), apart });
    this.#standbys.set(owner, standby);
    this.#stage.join(standby);
    try {
      await this.#stage.send(standby, videos, { atOnce: false });
      await standby.shows(this.#clock, hurry);
      return standby;
    } catch {
      this.#endStandby(owner);
      return undefined;
    }
  }

  /** What it still has ends with it; what was handed over stays. */
  #endStandby(owner: SectionOwner): void {
    const standby = this.#standbys.get(owner);
    if (standby !== undefined) {
      this.#standbys.delete(owner);
      this.#stage.remove(standby);
    }
  }

  async #consume(
    owner: SectionOwner,
    producers: readonly Producer[],
  ): Promise<Map<Slot, Consumer>> {
    const transport = await this.#connection.transport;
    const pairs = this.#slots.of(owner).flatMap((slot) => {
      const producer = producers.find(({ kind }) => kind === slot.kind);
      return producer === undefined ? [] : [{ slot, producer }];
    });
    const made = await allOrNone(
      pairs.map(({ slot: { mid }, producer: { id } }) =>
        transport.consume(id, { mid, paused: true }),
      ),
    );
    return new Map(pairs.map(({ slot }, index) => [slot, made[index] as Consumer]));
  }

  #begin(move: Move): Promise<void> {
    for (const [slot, consumer] of move.inPlace) {
      slot.next = consumer;
    }
    for (const slot of move.left) {
      slot.leaves = true;
    }
    for (const slot of move.stoodBy) {
      slot.owner = move.owner;
    }
    this.#moves.set(move.owner, move);
    this.#stage.offer();
    return move.taken.promise;
  }

  #drop({ owner, inPlace, stoodBy, left, taken }: Move, error: RizomaError): void {
    this.#moves.delete(owner);
    for (const slot of inPlace.keys()) {
      slot.next = undefined;
    }
    closeAll([...inPlace.values()]);
    for (const slot of left) {
      slot.leaves = false;
    }
    for (const slot of stoodBy) {
      leave(slot, owner);
    }
    taken.reject(error);
  }

  #known(moves: readonly Move[]): Move[] {
    return moves.filter((move) => this.#moves.get(move.owner) === move);
  }
}

/** The section carries nothing of the owner any more. */
function leave(slot: Slot, owner: SectionOwner): void {
  if (slot.owner === owner) {
    slot.consumer?.close();
    slot.consumer = undefined;
    slot.owner = undefined;
  }
}

/** The old track ends when the new one is known. Sound goes on at once; a picture that did not stand by is asked for after it. */
async function takeOver(slot: Slot, consumer: Consumer, owner: SectionOwner): Promise<void> {
  slot.next = undefined;
  if (slot.owner !== owner) {
    // It was refused.
    consumer.close();
    return;
  }
  slot.consumer?.close();
  slot.consumer = consumer;
  slot.parameters = consumer.rtpParameters;
  if (consumer.kind === 'audio') {
    await consumer.resume();
  }
}
