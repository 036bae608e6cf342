import type { Contract, Handlers } from '../../protocol/contract.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { RateLimit } from '../../protocol/rate-limit.ts';

const defaults = {
  /** Each asks Mesh twice. A node whose link flaps redials at most four times a second, and soon more slowly. */
  registrations: { perSecond: 1, burst_ms: 10_000 },
  /** All nodes are told of all nodes each time: ten in a row, as of a node that does not get up, and then one in 10 s. */
  changes: { perSecond: 0.1, burst_ms: 100_000 },
  /** Starts and ends of a drain: five in a row, and then as often as the node reports any other load. */
  drains: { perSecond: 0.5, burst_ms: 10_000 },
  /** Of any kind: a node with thousands of busy rooms makes some hundreds. */
  calls: { perSecond: 2_000, burst_ms: 10_000 },
} as const;

type What = keyof typeof defaults;

/** What one node may ask of others through its object, which many nodes share with it. */
export class NodeLimits {
  readonly #now: () => number;
  readonly #limits: Record<What, RateLimit>;

  constructor(components: { now: () => number }) {
    this.#now = components.now;
    const limit = (what: What): RateLimit =>
      new RateLimit({ whose: 'this node', ...defaults[what] });
    this.#limits = {
      registrations: limit('registrations'),
      changes: limit('changes'),
      drains: limit('drains'),
      calls: limit('calls'),
    };
  }

  /** Whether it may once more now; counts it where it may. */
  takes(what: What): boolean {
    return this.#wait_ms(what) === 0;
  }

  /** Throws `rate_limited` beyond. */
  demand(what: What): void {
    const wait_ms = this.#wait_ms(what);
    if (wait_ms > 0) {
      throw new RizomaError(
        'rate_limited',
        `too many ${what} of this node: it may go on in ${Math.ceil(wait_ms / 1000)} s`,
        { retryAfter_s: Math.ceil(wait_ms / 1000) },
      );
    }
  }

  #wait_ms(what: What): number {
    const now_ms = this.#now();
    const wait_ms = this.#limits[what].wait_ms('', now_ms);
    if (wait_ms === 0) {
      this.#limits[what].take('', now_ms);
    }
    return wait_ms;
  }
}

/** The same calls, each after `demand`. */
export function demanding<C extends Contract>(
  handlers: Handlers<C>,
  demand: () => void,
): Handlers<C> {
  const entries = Object.entries<(...args: never[]) => unknown>(handlers).map(
    ([method, handle]) => [
      method,
      async (...args: never[]): Promise<unknown> => {
        demand();
        return await handle(...args);
      },
    ],
  );
  // The same rows with the same parameters and results.
  return Object.fromEntries(entries) as Handlers<C>;
}
