import { setImmediate as nextTurn } from 'node:timers';

const defaults = {
  /** To end a client takes some 0.1 ms of what holds up all others; so many do not hold them up for long. */
  perTurn: 8,
} as const;

/** Does what may wait a moment, some of it in each turn of the event loop, in the order in which it came. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isDue = false;

  add(run: () => void): void {
    this.#waiting.push(run);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isDue && this.#waiting.length > 0) {
      this.#isDue = true;
      nextTurn(() => this.#turn());
    }
  }

  #turn(): void {
    this.#isDue = false;
    try {
      for (let done = 0; done < defaults.perTurn; done += 1) {
        this.#waiting.shift()?.();
      }
    } finally {
      this.#schedule();
    }
  }
}
