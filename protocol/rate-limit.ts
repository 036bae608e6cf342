import { RizomaError } from './errors.ts';

export interface RateLimitOptions {
  /** Whose requests are counted, for the words of a refusal: `this address`. */
  readonly whose: string;
  /** Requests of one key in a second, on the long run; undefined where there is no limit. */
  readonly perSecond: number | undefined;
  /** What is saved up: so much time's worth may come at once. */
  readonly burst_ms?: number;
}

const defaults = {
  burst_ms: 10_000,
  /**
   * Keys that are remembered, some 100 bytes each. Who is forgotten, the longest unheard first, has saved
   * up all again: whoever has so many addresses is a matter for what stands before the Worker.
   */
  keys: 10_000,
} as const;

/**
 * A token bucket for each key, kept as the one number that it comes down to: the time at which the
 * bucket will be full again (the generic cell rate algorithm).
 */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** By key, the longest unheard first. Those that are full by now count as absent. */
  readonly #fullAt_ms = new Map<string, number>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Throws `rate_limited`, with the seconds to wait, where the bucket of the key is empty. */
  demand(key: string, now_ms: number): void {
    const { whose, perSecond } = this.#options;
    const wait_ms = this.wait_ms(key, now_ms);
    if (wait_ms > 0) {
      throw new RizomaError(
        'rate_limited',
        `too many requests of ${whose}, which may send ${perSecond} a second: wait and try again`,
        { retryAfter_s: Math.ceil(wait_ms / 1000) },
      );
    }
  }

  /** How long the key has to wait for one more. */
  wait_ms(key: string, now_ms: number): number {
    return Math.max(0, this.#afterOne(key, now_ms) - now_ms - this.#burst_ms);
  }

  /** Takes one out of the bucket of the key, whether it is empty or not. */
  take(key: string, now_ms: number): void {
    if (this.#options.perSecond === undefined) {
      return;
    }
    const after_ms = this.#afterOne(key, now_ms);
    this.#fullAt_ms.delete(key);
    this.#fullAt_ms.set(key, Math.min(after_ms, now_ms + this.#burst_ms));
    const [oldest] = this.#fullAt_ms.keys();
    if (this.#fullAt_ms.size > defaults.keys && oldest !== undefined) {
      this.#fullAt_ms.delete(oldest);
    }
  }

  get #burst_ms(): number {
    return this.#options.burst_ms ?? defaults.burst_ms;
  }

  /** When the bucket would be full again if one more were taken now. */
  #afterOne(key: string, now_ms: number): number {
    const { perSecond = Number.POSITIVE_INFINITY } = this.#options;
    const fullAt_ms = this.#fullAt_ms.get(key) ?? 0;
    // No bucket takes longer to fill: the clock was set back, and would keep the key out until it is there again.
    const isSetBack = fullAt_ms > now_ms + this.#burst_ms;
    return (isSetBack ? now_ms : Math.max(fullAt_ms, now_ms)) + 1000 / perSecond;
  }
}
