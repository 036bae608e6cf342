import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { defaults } from './defaults.ts';

/** A ticket is good for its time, and for the skew of the clock that signed it and of ours. */
const lifetime_ms = (limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1_000;

/** Which tickets were used, for as long as they could be used again. */
export class UsedTickets {
  readonly #clock: Clock;
  readonly #capacity: number;
  /** By jti, when it may be forgotten; all live equally long, so the first is the oldest. */
  readonly #forgetAt_ms = new Map<string, number>();

  constructor(components: { clock: Clock }, options: { capacity?: number } = {}) {
    this.#clock = components.clock;
    this.#capacity = options.capacity ?? defaults.usedTickets;
  }

  get size(): number {
    return this.#forgetAt_ms.size;
  }

  /** Uses a ticket. Throws `ticket_used`, or `overloaded` rather than forget one that still lives. */
  use(jti: string): void {
    const now_ms = this.#clock.now();
    for (const [old, at_ms] of this.#forgetAt_ms) {
      if (at_ms > now_ms) {
        break;
      }
      this.#forgetAt_ms.delete(old);
    }
    if (this.#forgetAt_ms.has(jti)) {
      throw new RizomaError('ticket_used', 'the ticket was used before: join again');
    }
    if (this.#forgetAt_ms.size >= this.#capacity) {
      throw new RizomaError('overloaded', 'too many joined in the last minutes: try again');
    }
    this.#forgetAt_ms.set(jti, now_ms + lifetime_ms);
  }
}
