import { describe, expect, it } from 'vitest';
import { RemovedUsers } from '../../../nodes/controller/removed-users.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const visitor = (userName: string, joinedAt_ms: number) => ({
  userName,
  joinedAt_ms,
});

describe('removed users', () => {
  it('are let in no more with tickets of before, for as long as such a ticket can live', () => {
    const clock = new VirtualClock();
    const removed = new RemovedUsers({ clock });
    removed.add({ name: 'ann', at_ms: 500 });
    expect(removed.has(visitor('ann', 500))).toBe(true);
    expect(removed.has(visitor('ann', 501))).toBe(false);
    expect(removed.has(visitor('ben', 1))).toBe(false);
    expect(removed.has({ userName: 'ann', joinedAt_ms: undefined })).toBe(false);
    clock.advance((limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1_000);
    removed.add({ name: 'ben', at_ms: 600 });
    expect(removed.has(visitor('ann', 1))).toBe(false);
  });

  it('are also all who joined by a time, where the edge names no more', () => {
    const removed = new RemovedUsers({ clock: new VirtualClock() });
    removed.take([{ name: 'ann', at_ms: 500 }], 300);
    expect([300, 301].map((joined_ms) => removed.has(visitor('ben', joined_ms)))).toEqual([
      true,
      false,
    ]);
    expect([500, 501].map((joined_ms) => removed.has(visitor('ann', joined_ms)))).toEqual([
      true,
      false,
    ]);
  });

  it('are the newest ones where there are too many', () => {
    const removed = new RemovedUsers({ clock: new VirtualClock() });
    for (let number = 0; number <= limits.removals; number += 1) {
      removed.add({ name: `user ${number}`, at_ms: 500 });
    }
    expect(removed.has(visitor('user 0', 1))).toBe(false);
    expect(removed.has(visitor('user 1', 1))).toBe(true);
  });
});
