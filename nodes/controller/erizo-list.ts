import type { ErizoFact } from '../../protocol/directory.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { ErizoBusy } from '../../protocol/contracts/controller-erizo.ts';
import type { Erizo, ErizoRef } from './erizos.ts';

/** A place in a room for an ErizoJS process: asked for, or there. */
type Slot<C> = { clients: Set<C> } & (
  | { at: 'pending'; ready: Promise<Erizo> }
  | { at: 'live'; erizo: Erizo }
);

export interface ErizoListComponents<C> {
  /** What the client has asked its process to send it. */
  consumersOf(client: C): number;
  /** Asks an agent for a process that is none of these. */
  create(except: string[]): Promise<ErizoRef>;
  acquire(ref: ErizoRef): Erizo;
  release(erizo: Erizo): void;
  /** The room uses other processes than before. */
  changed(): void;
}

export interface ErizoListOptions {
  maxErizosPerRoom: number;
  /** A process gets so many clients of the room before the next one is taken. */
  clientsPerErizo: number;
  /** And so much of a core, where 1 is one, before the next one is. */
  cpuPerErizo: number;
  /** One that sends so much gets no client more, whoever asks. */
  consumersPerErizo: number;
}

/**
 * The ErizoJS processes of a room and who is at which (Licode: `models/ErizoList.js`). One client
 * has one process; who comes while a process is being made waits for it.
 */
export class ErizoList<C extends object> {
  readonly #components: ErizoListComponents<C>;
  readonly #options: ErizoListOptions;
  /** In the order in which the room took them. */
  #slots: Slot<C>[] = [];
  /** Lost, while what was published there is restored in others. */
  readonly #mourned = new Set<ErizoFact>();

  constructor(components: ErizoListComponents<C>, options: ErizoListOptions) {
    this.#components = components;
    this.#options = options;
  }

  /** What the room uses, in the order in which it took them. */
  get facts(): ErizoFact[] {
    return this.#live().map(({ erizo: { erizoId, endpoint } }) => ({ erizoId, endpoint }));
  }

  /**
   * What the Room object is told: a stream belongs to a process, and is to stay in the room while it is
   * restored in another one.
   */
  get told(): ErizoFact[] {
    return [...this.facts, ...this.#mourned];
  }

  isLive(erizoId: string | undefined): boolean {
    return this.#live().some(({ erizo }) => erizo.erizoId === erizoId);
  }

  /** The process stays in what is told until the answer is called, which may be done twice. */
  mourn(erizoId: string): () => void {
    const mourned = this.facts.filter((fact) => fact.erizoId === erizoId);
    mourned.forEach((fact) => this.#mourned.add(fact));
    return () => {
      const ended = mourned.filter((fact) => this.#mourned.delete(fact));
      if (ended.length > 0) {
        this.#components.changed();
      }
    };
  }

  /** The processes that the room uses. */
  get live(): Erizo[] {
    return this.#live().map(({ erizo }) => erizo);
  }

  /**
   * The client's process; the same one until it is lost or the client released. Throws `overloaded` where
   * all are full and there are no more.
   */
  async take(client: C): Promise<Erizo> {
    const mine = this.#slotOf(client) ?? this.#seat(client);
    const erizo = mine.at === 'live' ? mine.erizo : await this.#grown(mine.ready, client);
    if (this.#slotOf(client) === undefined) {
      throw new RizomaError('cancelled', 'the client left before it had an ErizoJS');
    }
    return erizo;
  }

  /** The process of that id, where the room uses it and nobody waits for it, whoever is there. */
  join(client: C, erizoId: string | undefined): Erizo | undefined {
    const slot = this.#live().find(({ erizo }) => erizo.erizoId === erizoId);
    slot?.clients.add(client);
    return slot?.erizo;
  }

  /** The process of a client that has one. */
  of(client: C): Erizo | undefined {
    const slot = this.#slotOf(client);
    return slot?.at === 'live' ? slot.erizo : undefined;
  }

  /** The client has left; a process that nobody else of the room is at is given back. */
  release(client: C): void {
    const slot = this.#slotOf(client);
    slot?.clients.delete(client);
    if (slot?.at === 'live' && slot.clients.size === 0) {
      this.#drop(slot);
      this.#components.release(slot.erizo);
    }
  }

  /** The clients that the process serves. */
  at(erizoId: string): C[] {
    const slot = this.#live().find(({ erizo }) => erizo.erizoId === erizoId);
    return [...(slot?.clients ?? [])];
  }

  /** The process is lost. Answers its clients, who get another one when they next ask. */
  died(erizoId: string): C[] {
    const slot = this.#live().find(({ erizo }) => erizo.erizoId === erizoId);
    if (slot === undefined) {
      return [];
    }
    this.#drop(slot);
    return [...slot.clients];
  }

  #live(): Extract<Slot<C>, { at: 'live' }>[] {
    return this.#slots.filter((slot) => slot.at === 'live');
  }

  #slotOf(client: C): Slot<C> | undefined {
    return this.#slots.find((slot) => slot.clients.has(client));
  }

  /** The first that has room, else a new one, else of those that are not full the one with the fewest clients. */
  #seat(client: C): Slot<C> {
    const { clientsPerErizo, cpuPerErizo, maxErizosPerRoom } = this.#options;
    const open = this.#slots.filter((slot) => this.#hasPlaceFor(slot, client));
    const roomy = open.find(
      (slot) => slot.clients.size < clientsPerErizo && loadOf(slot).cpu < cpuPerErizo,
    );
    const mayGrow = this.#slots.length < maxErizosPerRoom;
    const slot = roomy ?? (mayGrow ? this.#grow() : fewest(open));
    if (slot === undefined) {
      throw new RizomaError(
        'overloaded',
        `all ${maxErizosPerRoom} ErizoJS processes that a room may use here are full`,
      );
    }
    slot.clients.add(client);
    return slot;
  }

  /** Where no agent has one more, those that the room has take what they can. */
  async #grown(ready: Promise<Erizo>, client: C): Promise<Erizo> {
    try {
      return await ready;
    } catch (thrown) {
      const error = toRizomaError(thrown);
      const other = fewest(this.#live().filter((slot) => this.#hasPlaceFor(slot, client)));
      if (error.code !== 'overloaded' || other === undefined) {
        throw error;
      }
      other.clients.add(client);
      return other.erizo;
    }
  }

  /** By what the process says that it sends, and by what was asked of it since, which it has not said yet. */
  #hasPlaceFor(slot: Slot<C>, client: C): boolean {
    const { consumersOf } = this.#components;
    const asked = [...slot.clients].reduce((sum, one) => sum + consumersOf(one), 0);
    const sent = Math.max(asked, loadOf(slot).consumers);
    return sent + consumersOf(client) <= this.#options.consumersPerErizo;
  }

  #grow(): Slot<C> {
    const except = this.#live().map(({ erizo }) => erizo.erizoId);
    const clients = new Set<C>();
    const ready = this.#components.create(except).then(
      (ref) => this.#settle(slot, ref),
      (thrown: unknown) => {
        this.#slots = this.#slots.filter((other) => other !== slot);
        throw toRizomaError(thrown);
      },
    );
    const slot: Slot<C> = { at: 'pending', clients, ready };
    this.#slots.push(slot);
    return slot;
  }

  #settle(pending: Slot<C>, ref: ErizoRef): Erizo {
    const twin = this.#live().find(({ erizo }) => erizo.erizoId === ref.erizoId);
    const erizo = twin?.erizo ?? this.#components.acquire(ref);
    const live: Slot<C> = twin ?? { at: 'live', erizo, clients: new Set() };
    for (const client of pending.clients) {
      live.clients.add(client);
    }
    this.#slots = this.#slots.flatMap((slot) => (slot !== pending ? [slot] : twin ? [] : [live]));
    if (live.clients.size === 0) {
      this.#drop(live);
      this.#components.release(erizo);
    } else if (twin === undefined) {
      this.#components.changed();
    }
    return erizo;
  }

  #drop(slot: Slot<C>): void {
    this.#slots = this.#slots.filter((other) => other !== slot);
    this.#components.changed();
  }
}

function loadOf<C>(slot: Slot<C>): ErizoBusy {
  return slot.at === 'live' ? slot.erizo.load : { consumers: 0, cpu: 0 };
}

function fewest<S extends { clients: Set<unknown> }>(slots: readonly S[]): S | undefined {
  return slots.toSorted((a, b) => a.clients.size - b.clients.size)[0];
}
