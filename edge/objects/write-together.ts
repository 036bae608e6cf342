import type { Clock } from '../../protocol/clock.ts';

const defaults = {
  /**
   * What storing takes on a disk that is far; only those wait for it who come while others are stored. Longer
   * saves no processor time that could be measured, and joins that come at once wait for it.
   */
  gather_ms: 3,
} as const;

/**
 * Runs writes of requests that come at once in one turn of the event loop, which the platform stores as
 * one: the storing costs more than all else of such a request. Who comes alone is served at once.
 */
export class WriteTogether {
  readonly #clock: Clock;
  /** Those who wait; undefined while nobody was served lately. */
  #waiting: (() => void)[] | undefined;

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** Answers what the write answers, or rejects as it throws; the other writes do not mind. */
  async run<T>(write: () => T): Promise<T> {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#gather();
    } else {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return write();
  }

  #gather(): void {
    this.#waiting = [];
    this.#clock.after(defaults.gather_ms, () => {
      const waiting = this.#waiting ?? [];
      if (waiting.length === 0) {
        this.#waiting = undefined;
        return;
      }
      this.#gather();
      for (const go of waiting) {
        go();
      }
    });
  }
}
