import type { Clock } from '../../protocol/clock.ts';
import type { Removal } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';
import type { Visitor } from './client.ts';

/** Somebody who was removed may hold tickets that nobody has seen, of which the last one expires then. */
const lifetime_ms = (limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1_000;

/** Who was removed from a room and may hold a ticket to it still. */
export class RemovedUsers {
  readonly #clock: Clock;
  /** By name, when by the edge's clock, and when that may be forgotten by ours; the eldest first. */
  readonly #users = new Map<string, { at_ms: number; until_ms: number }>();

  /** Whoever joined by then counts as removed. */
  #before_ms = 0;

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** What the edge knows: some by name, and all who joined by that time. */
  take(removed: readonly Removal[], before_ms: number): void {
    removed.forEach((removal) => this.add(removal));
    this.#before_ms = Math.max(this.#before_ms, before_ms);
  }

  add({ name, at_ms }: Removal): void {
    const now_ms = this.#clock.now();
    const known = this.#users.get(name);
    this.#users.delete(name);
    this.#users.set(name, {
      at_ms: Math.max(at_ms, known?.at_ms ?? 0),
      until_ms: now_ms + lifetime_ms,
    });
    for (const [other, { until_ms }] of this.#users) {
      if (until_ms > now_ms && this.#users.size <= limits.removals) {
        return;
      }
      this.#users.delete(other);
    }
  }

  /** One who came with a token got that from the app, which knows. */
  has({ userName, joinedAt_ms }: Pick<Visitor, 'userName' | 'joinedAt_ms'>): boolean {
    const removed = this.#users.get(userName);
    const until_ms = Math.max(this.#before_ms, removed?.at_ms ?? 0);
    return joinedAt_ms !== undefined && joinedAt_ms <= until_ms;
  }
}
