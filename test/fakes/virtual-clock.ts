import type { Cancel, Clock } from '../../protocol/clock.ts';

interface Timer {
  at_ms: number;
  order: number;
  run: () => void;
}

/** A clock that stands still until it is moved, and whose date can be set. */
export class VirtualClock implements Clock {
  #now_ms: number;
  /** By how much the date was set. */
  #set_ms = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start_ms = 1_700_000_000_000) {
    this.#now_ms = start_ms;
  }

  now(): number {
    return this.#now_ms;
  }

  date(): number {
    return this.#now_ms + this.#set_ms;
  }

  /** Somebody sets the date of the machine by so much. */
  setDate(by_ms: number): void {
    this.#set_ms += by_ms;
  }

  after(delay_ms: number, run: () => void): Cancel {
    const timer = { at_ms: this.#now_ms + delay_ms, order: (this.#order += 1), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  every(period_ms: number, run: () => void): Cancel {
    let cancel: Cancel = () => undefined;
    const again = (): void => {
      cancel = this.after(period_ms, () => {
        again();
        run();
      });
    };
    again();
    return () => cancel();
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on, running what is due in the order in which it is due. */
  advance(by_ms: number): void {
    const until_ms = this.#now_ms + by_ms;
    for (let next = this.#next(until_ms); next !== undefined; next = this.#next(until_ms)) {
      this.#timers.delete(next);
      this.#now_ms = next.at_ms;
      next.run();
    }
    this.#now_ms = until_ms;
  }

  #next(until_ms: number): Timer | undefined {
    return [...this.#timers]
      .filter((timer) => timer.at_ms <= until_ms)
      .toSorted((a, b) => a.at_ms - b.at_ms || a.order - b.order)[0];
  }
}
