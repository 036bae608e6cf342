import { describe, expect, it } from 'vitest';
import {
  isRemoved,
  noRemovals,
  removalsAfter,
  removalsSince,
} from '../../../edge/room/removals.ts';
import { sizeOf } from '../../../protocol/bytes.ts';

const bounds = { keep_ms: 1_000, limit: 2 };
const after = (...removals: [string, number][]) =>
  removals.reduce((all, [name, at_ms]) => removalsAfter(all, { name, at_ms }, bounds), noRemovals);

describe('removals of users', () => {
  it('hold for those of the name who had joined by then', () => {
    const removals = after(['ann', 500]);
    expect(isRemoved(removals, { userName: 'ann', joinedAt_ms: 500 })).toBe(true);
    expect(isRemoved(removals, { userName: 'ann', joinedAt_ms: 501 })).toBe(false);
    expect(isRemoved(removals, { userName: 'ben', joinedAt_ms: 1 })).toBe(false);
  });

  it('are kept once a name, and for as long as anybody could come in again', () => {
    expect(after(['ann', 100], ['ann', 200]).users).toEqual([{ name: 'ann', at_ms: 200 }]);
    expect(after(['ann', 100], ['ben', 1_100])).toEqual({
      users: [{ name: 'ben', at_ms: 1_100 }],
      before_ms: 0,
    });
  });

  it('are never forgotten for the good of somebody who was removed', () => {
    const removals = after(['ann', 100], ['ben', 200], ['cleo', 300]);
    expect(removals.users.map(({ name }) => name)).toEqual(['ben', 'cleo']);
    expect(isRemoved(removals, { userName: 'ann', joinedAt_ms: 100 })).toBe(true);
    expect(isRemoved(removals, { userName: 'dan', joinedAt_ms: 100 })).toBe(true);
    expect(isRemoved(removals, { userName: 'dan', joinedAt_ms: 101 })).toBe(false);
  });
});

describe('what a controller is told of removals', () => {
  const users = [1, 2, 3, 4].map((at_ms) => ({ name: `user ${at_ms}`, at_ms }));

  it('is who was removed a moment ago, by name', () => {
    const told = removalsSince({ users, before_ms: 0 }, { since_ms: 2, most_bytes: 1_000 });
    expect(told).toEqual({ users: users.slice(2), before_ms: 0 });
  });

  it('is of the others by when they were, where there are more than fit', () => {
    const most_bytes = 2 * (sizeOf(users[0]) + 1);
    const told = removalsSince({ users, before_ms: 0 }, { since_ms: 0, most_bytes });
    expect(told).toEqual({ users: users.slice(2), before_ms: 2 });
    const forgotten = removalsSince({ users, before_ms: 3 }, { since_ms: 0, most_bytes });
    expect(forgotten).toEqual({ users: users.slice(2), before_ms: 3 });
    const later = removalsSince({ users, before_ms: 3 }, { since_ms: 3, most_bytes });
    expect(later).toEqual({ users: users.slice(3), before_ms: 0 });
  });
});
