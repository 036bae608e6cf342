import type { Clock } from '../../protocol/clock.ts';

interface Asked {
  began_ms: number;
  isRunning: boolean;
  /** For those who asked since the last time began. */
  next: PromiseWithResolvers<void> | undefined;
}

/**
 * Does something for each of many things, where only the newest counts: once in a while at most, however often it is asked.
 * `run` takes what is newest by itself.
 */
export class LatestOf<T extends WeakKey> {
  readonly #clock: Clock;
  readonly #every_ms: number;
  readonly #run: (thing: T) => Promise<void>;
  readonly #asked = new WeakMap<T, Asked>();

  constructor(
    components: { clock: Clock },
    options: { every_ms: number; run: (thing: T) => Promise<void> },
  ) {
    this.#clock = components.clock;
    this.#every_ms = options.every_ms;
    this.#run = options.run;
  }

  /** Resolves when what was newest now, or what came after it, is done; the first one begins at once. */
  ask(thing: T): Promise<void> {
    const asked = this.#asked.get(thing) ?? newAsked();
    this.#asked.set(thing, asked);
    if (asked.next !== undefined) {
      return asked.next.promise;
    }
    const next = Promise.withResolvers<void>();
    asked.next = next;
    if (!asked.isRunning) {
      this.#schedule(thing, asked);
    }
    return next.promise;
  }

  #schedule(thing: T, asked: Asked): void {
    const wait_ms = asked.began_ms + this.#every_ms - this.#clock.now();
    if (wait_ms <= 0) {
      void this.#begin(thing, asked);
    } else {
      this.#clock.after(wait_ms, () => void this.#begin(thing, asked));
    }
  }

  async #begin(thing: T, asked: Asked): Promise<void> {
    const { next } = asked;
    asked.next = undefined;
    asked.isRunning = true;
    asked.began_ms = this.#clock.now();
    try {
      await this.#run(thing);
      next?.resolve();
    } catch (thrown) {
      next?.reject(thrown);
    }
    asked.isRunning = false;
    if (asked.next !== undefined) {
      this.#schedule(thing, asked);
    }
  }
}

function newAsked(): Asked {
  return { began_ms: Number.NEGATIVE_INFINITY, isRunning: false, next: undefined };
}
