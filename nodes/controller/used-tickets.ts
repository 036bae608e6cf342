import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Ticket } from '../../protocol/ticket.ts';
import { defaults } from './defaults.ts';

/** A ticket is good for its time, and for the skew of the clock that signed it and of ours. */
const lifetime_ms = (limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1_000;

type Used = Pick<Ticket, 'clientId' | 'issuedAt_ms' | 'jti'>;

interface Newest {
  issuedAt_ms: number;
  /** Those that the edge made in that millisecond. */
  jtis: readonly string[];
  forgetAt_ms: number;
}

/**
 * Which tickets were used, for as long as they could be used again: of each client the newest, however many it asked
 * for. One that is older is as good as used, as a client comes with the last that it was given.
 */
export class UsedTickets {
  readonly #clock: Clock;
  readonly #capacity: number;
  /** By client, the one that is remembered longest at the end. */
  readonly #newest = new Map<string, Newest>();

  constructor(components: { clock: Clock }, options: { capacity?: number } = {}) {
    this.#clock = components.clock;
    this.#capacity = options.capacity ?? defaults.usedTickets;
  }

  get size(): number {
    return this.#newest.size;
  }

  /** Uses a ticket. Throws `ticket_used`, or `overloaded` rather than forget one that still lives. */
  use({ clientId, issuedAt_ms, jti }: Used): void {
    const now_ms = this.#clock.now();
    this.#forget(now_ms);
    const known = this.#newest.get(clientId);
    const same = known?.issuedAt_ms === issuedAt_ms ? known.jtis : [];
    const isOlder = known !== undefined && issuedAt_ms < known.issuedAt_ms;
    if (isOlder || same.includes(jti) || same.length >= defaults.ticketsOfOneMoment) {
      throw new RizomaError(
        'ticket_used',
        'the ticket was used before, or a later one of this client: join again',
      );
    }
    if (known === undefined && this.#newest.size >= this.#capacity) {
      throw new RizomaError('overloaded', 'too many joined in the last minutes: try again');
    }
    this.#newest.delete(clientId);
    const forgetAt_ms = now_ms + lifetime_ms;
    this.#newest.set(clientId, { issuedAt_ms, jtis: [...same, jti], forgetAt_ms });
  }

  #forget(now_ms: number): void {
    for (const [clientId, { forgetAt_ms }] of this.#newest) {
      if (forgetAt_ms > now_ms) {
        break;
      }
      this.#newest.delete(clientId);
    }
  }
}
