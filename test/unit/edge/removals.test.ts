import { describe, expect, it } from 'vitest';
import { isRemoved, noRemovals, removalsAfter } from '../../../edge/room/removals.ts';

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
