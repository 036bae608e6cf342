import type { Clock } from '../../protocol/clock.ts';

/** Lets others wait for something to change, but not for ever. */
export class Changes {
  readonly #clock: Clock;
  readonly #wait_ms: number;
  readonly #waiting = new Set<() => void>();

  constructor(components: { clock: Clock }, options: { wait_ms: number }) {
    this.#clock = components.clock;
    this.#wait_ms = options.wait_ms;
  }

  happened(): void {
    for (const changed of this.#waiting) {
      changed();
    }
  }

  /** Resolves at the next change, or after a while. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const changed = (): void => {
        stopWaiting();
        this.#waiting.delete(changed);
        resolve();
      };
      const stopWaiting = this.#clock.after(this.#wait_ms, changed);
      this.#waiting.add(changed);
    });
  }
}
