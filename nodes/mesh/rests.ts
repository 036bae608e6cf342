import type { Clock } from '../../protocol/clock.ts';

const defaults = {
  /** Whoever could not be reached is left alone so long, and twice as long each time. */
  first_ms: 5_000,
  /**
   * At the most, for each that is there: as all of them look for who is lost, one of them does so each few seconds
   * however many they are, and two that lost each other do not wait.
   */
  longest_ms_perNode: 5_000,
  /** Past it nothing is saved any more: a few dials an hour. */
  longest_ms: 600_000,
} as const;

interface Rest {
  readonly failures: number;
  readonly until_ms: number;
}

/** Nodes that could not be reached, and until when each is left alone. */
export class Rests {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #random: () => number;
  readonly #rests = new Map<string, Rest>();

  /** `random` is from 0 to 1. */
  constructor(components: { clock: Pick<Clock, 'now'>; random: () => number }) {
    this.#clock = components.clock;
    this.#random = components.random;
  }

  /** It is dialled now, while so many are there: it rests until it is reached, or past a failure. */
  begin(node: string, here: number): void {
    const failures = this.#rests.get(node)?.failures ?? 0;
    const most_ms = Math.min(defaults.longest_ms, here * defaults.longest_ms_perNode);
    const rest_ms = Math.min(defaults.first_ms * 2 ** Math.min(failures, 16), most_ms);
    // Some of it is chance, so that those who lost it together do not look for it together.
    const until_ms = this.#clock.now() + rest_ms * (0.75 + 0.5 * this.#random());
    this.#rests.set(node, { failures: failures + 1, until_ms });
  }

  /** It was reached, or was heard of anew. */
  end(node: string): void {
    this.#rests.delete(node);
  }

  /** Those that are left alone now. Of others than those that are there or may be nothing is kept. */
  resting(perhaps: ReadonlySet<string>): Set<string> {
    const now_ms = this.#clock.now();
    const resting = new Set<string>();
    for (const [node, { until_ms }] of this.#rests) {
      if (!perhaps.has(node)) {
        this.#rests.delete(node);
      } else if (until_ms > now_ms) {
        resting.add(node);
      }
    }
    return resting;
  }
}
