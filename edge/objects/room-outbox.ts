import type { DeadEvent, OutboxEvent, OutboxStore, WaitingEvent } from './outbox-store.ts';

export interface RoomOutboxComponents {
  readonly store: OutboxStore;
  /** A dead one is not kept any more. */
  readonly onForgotten: () => void;
}

const defaults = {
  /** Events that wait. Those of 2,000 who come and go at once fit, twice over; at 1 KiB each they are 10 MiB. */
  waiting: 10_000,
  /** Dead ones of which the service is yet to be told. */
  dead: 1_000,
} as const;

/** The events of a room in their order, bounded: where there are too many the oldest one is given up. */
export class RoomOutbox {
  readonly #store: OutboxStore;
  readonly #onForgotten: () => void;
  #size: { waiting: number; dead: number };

  constructor(components: RoomOutboxComponents) {
    this.#store = components.store;
    this.#onForgotten = components.onForgotten;
    this.#size = components.store.count();
  }

  get isEmpty(): boolean {
    return this.#size.waiting + this.#size.dead === 0;
  }

  get isFull(): boolean {
    return this.#size.waiting >= defaults.waiting;
  }

  head(): WaitingEvent | undefined {
    return this.#store.head();
  }

  /** The oldest of those that were given up. */
  dead(limit: number): DeadEvent[] {
    return this.#store.dead(limit);
  }

  /** `give`: gives the oldest one its number, before it is given up. */
  append(event: OutboxEvent, give: (oldest: WaitingEvent) => void): void {
    const oldest = this.isFull ? this.#store.head() : undefined;
    if (oldest !== undefined) {
      give(oldest);
      this.kill(oldest.position, 'too many events waited');
    }
    this.#store.append(event);
    this.#size.waiting += 1;
  }

  failed(position: number, attempts: number, next_ms: number): void {
    this.#store.setAttempts(position, attempts, next_ms);
  }

  kill(position: number, why: string): void {
    if (!this.#store.kill(position, why)) {
      return;
    }
    this.#size.waiting -= 1;
    this.#size.dead += 1;
    const [oldest] = this.#size.dead > defaults.dead ? this.#store.dead(1) : [];
    if (oldest !== undefined) {
      this.remove(oldest.position);
      this.#onForgotten();
    }
  }

  remove(position: number): void {
    const was = this.#store.remove(position);
    if (was !== undefined) {
      this.#size[was] -= 1;
    }
  }

  removeAll(): void {
    this.#store.removeAll();
    this.#size = { waiting: 0, dead: 0 };
  }
}
