import type { Removal } from '../../protocol/directory.ts';

/** Who was removed from a room, for as long as those who were in it then could come in again. */
export interface Removals {
  /** By name, when they were removed. */
  readonly users: readonly Removal[];
  /** Those who joined until then count as removed: of them no more is known. */
  readonly before_ms: number;
}

export const noRemovals: Removals = { users: [], before_ms: 0 };

/**
 * The removals after one more. Of more than `limit` names the eldest is forgotten, and then all who
 * joined before that count as removed: they need another token when they lose their controller.
 */
export function removalsAfter(
  { users, before_ms }: Removals,
  removal: Removal,
  { keep_ms, limit }: { keep_ms: number; limit: number },
): Removals {
  const others = users.filter(
    ({ name, at_ms }) => name !== removal.name && at_ms > removal.at_ms - keep_ms,
  );
  const all = [...others, removal].toSorted((a, b) => a.at_ms - b.at_ms);
  const forgotten = all.slice(0, Math.max(0, all.length - limit));
  return {
    users: all.slice(forgotten.length),
    before_ms: Math.max(before_ms, ...forgotten.map(({ at_ms }) => at_ms)),
  };
}

/** Whether somebody of that name who joined then was removed since. */
export function isRemoved(
  { users, before_ms }: Removals,
  who: { userName: string; joinedAt_ms: number },
): boolean {
  const removed = users.find(({ name }) => name === who.userName);
  return who.joinedAt_ms <= Math.max(before_ms, removed?.at_ms ?? 0);
}
