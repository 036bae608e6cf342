import type { Clock } from '../protocol/clock.ts';

/** Lets so many pass each second, and as many in one burst where no other number is given. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at_ms: number;

  constructor(components: { clock: Clock }, options: { perSecond: number; burst?: number }) {
    this.#clock = components.clock;
    this.#perSecond = options.perSecond;
    this.#burst = options.burst ?? options.perSecond;
    this.#tokens = this.#burst;
    this.#at_ms = components.clock.now();
  }

  /** Whether so many more may pass now: all of them or none. */
  take(count = 1): boolean {
    this.#fill();
    if (this.#tokens < count) {
      return false;
    }
    this.#tokens -= count;
    return true;
  }

  /** So many pass whether they may or not; answers for how long, in ms, the next ones should wait for it. */
  owe(count: number): number {
    this.#fill();
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1_000;
  }

  #fill(): void {
    const now_ms = this.#clock.now();
    const gained = (Math.max(0, now_ms - this.#at_ms) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#at_ms = now_ms;
  }
}
