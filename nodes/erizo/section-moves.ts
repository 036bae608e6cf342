import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Connection } from './connection.ts';
import type { Consumer, Producer } from './media.ts';
import type { SectionOwner, Slot } from './slot.ts';
import type { Slots } from './slots.ts';
import type { KeyFrameMoment } from './key-frame-moment.ts';
import { allOrNone, closeAll, deferred } from './wait.ts';

const defaults = {
  /** A client may take so much longer for its next answer. */
  slack_ms: 30,
  /** Nobody else waits any longer for a client that is slow. */
  longest_ms: 1_000,
} as const;

/** The tracks of an owner that are about to come from elsewhere, in the sections that they have. */
interface Move {
  readonly owner: SectionOwner;
  readonly consumers: ReadonlyMap<Slot, Consumer>;
  readonly taken: PromiseWithResolvers<void>;
}

/** What an offer holds of them. */
export interface OfferedMoves {
  readonly moves: readonly Move[];
  readonly since_ms: number;
}

export interface MoveOptions {
  /** When it is offered, and its video begins; at once where it is undefined. */
  moment: KeyFrameMoment | undefined;
  showsVideo: () => boolean;
}

/** Tracks that go on from other producers under other SSRCs: to the client they stay what they are. */
export class SectionMoves {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #slots: Slots;
  readonly #offer: () => void;
  readonly #moves = new Map<SectionOwner, Move>();
  /** How long the client took for its last answer, and for the one before: the first of all takes it longest. */
  #answersIn_ms: readonly number[] = [];

  constructor(
    components: { clock: Clock; connection: Connection; slots: Slots },
    options: { offer: () => void },
  ) {
    this.#clock = components.clock;
    this.#connection = components.connection;
    this.#slots = components.slots;
    this.#offer = options.offer;
  }

  /** How long it takes from an offer until the client has taken it, at which it has half of its answer to do. */
  get readyIn_ms(): number {
    return Math.min(...this.#answersIn_ms, defaults.longest_ms) / 2 + defaults.slack_ms;
  }

  /** Resolves when the client has taken the owner's tracks from these; until then they come as they did. */
  async move(
    owner: SectionOwner,
    producers: readonly Producer[],
    { moment, showsVideo }: MoveOptions,
  ): Promise<void> {
    const consumers = await this.#consume(owner, producers);
    const all = [...consumers.values()];
    const begin = (): void => {
      const videos = all.filter(({ kind }) => kind === 'video' && showsVideo());
      // Whose track has ended meanwhile needs none.
      videos.forEach((video) => video.resume().catch(() => undefined));
    };
    // What comes from far is asked for before it is offered.
    void moment?.asked.then(begin);
    await this.#until(moment?.offer_ms ?? 0);
    if (![...consumers.keys()].some((slot) => slot.owner === owner)) {
      closeAll(all);
      throw new RizomaError('cancelled', 'the subscription has ended');
    }
    const taken = this.#begin(owner, consumers);
    await taken;
    if (moment === undefined) {
      begin();
    }
  }

  /** Those that the next offer holds. */
  offered(): OfferedMoves {
    return { moves: [...this.#moves.values()], since_ms: this.#clock.now() };
  }

  /** The client answered an offer that held them, and said in it which sections it takes. */
  async taken({ moves, since_ms }: OfferedMoves): Promise<void> {
    this.#answersIn_ms = [this.#clock.now() - since_ms, ...this.#answersIn_ms.slice(0, 1)];
    for (const move of this.#known(moves)) {
      this.#moves.delete(move.owner);
      const resumed = [...move.consumers].map(([slot, consumer]) =>
        takeOver(slot, consumer, move.owner),
      );
      // A consumer whose track ended meanwhile cannot resume, and need not.
      await Promise.allSettled(resumed);
      move.taken.resolve();
    }
  }

  /** The client took none of them: what it has stays. Answers whether there were any. */
  refused({ moves }: OfferedMoves, error: RizomaError): boolean {
    const refused = this.#known(moves);
    refused.forEach((move) => this.#drop(move, error));
    return refused.length > 0;
  }

  /** The owner goes. */
  remove(owner: SectionOwner): void {
    const move = this.#moves.get(owner);
    if (move !== undefined) {
      this.#drop(move, new RizomaError('cancelled', 'the subscription has ended'));
    }
  }

  async #consume(
    owner: SectionOwner,
    producers: readonly Producer[],
  ): Promise<Map<Slot, Consumer>> {
    const transport = await this.#connection.transport;
    const pairs = this.#slots.all.flatMap((slot) => {
      const producer = producers.find(({ kind }) => kind === slot.kind);
      const isOwn = slot.owner === owner && slot.consumer !== undefined;
      return isOwn && producer !== undefined ? [{ slot, producer }] : [];
    });
    const made = await allOrNone(
      pairs.map(({ slot: { mid }, producer: { id } }) =>
        transport.consume(id, { mid, paused: true }),
      ),
    );
    return new Map(pairs.map(({ slot }, index) => [slot, made[index] as Consumer]));
  }

  #begin(owner: SectionOwner, consumers: ReadonlyMap<Slot, Consumer>): Promise<void> {
    const taken = deferred<void>();
    for (const [slot, consumer] of consumers) {
      slot.next = consumer;
    }
    this.#moves.set(owner, { owner, consumers, taken });
    this.#offer();
    return taken.promise;
  }

  #drop({ owner, consumers, taken }: Move, error: RizomaError): void {
    this.#moves.delete(owner);
    for (const slot of consumers.keys()) {
      slot.next = undefined;
    }
    closeAll([...consumers.values()]);
    taken.reject(error);
  }

  #known(moves: readonly Move[]): Move[] {
    return moves.filter((move) => this.#moves.get(move.owner) === move);
  }

  #until(at_ms: number): Promise<void> {
    const wait_ms = at_ms - this.#clock.now();
    return wait_ms > 0
      ? new Promise((resolve) => this.#clock.after(wait_ms, resolve))
      : Promise.resolve();
  }
}

/** The old track ends when the new one is known. Sound goes on at once; a picture is asked for when all are ready. */
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
