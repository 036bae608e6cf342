import { sizeOf } from '../../protocol/bytes.ts';
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

/**
 * What a controller that enters the room has to know of them: who was removed since then, the last ones by name, as
 * many as `most_bytes` hold, and by when all others who were.
 */
export function removalsSince(
  { users, before_ms }: Removals,
  { since_ms, most_bytes }: { since_ms: number; most_bytes: number },
): Removals {
  const recent = users.filter(({ at_ms }) => at_ms > since_ms);
  let bytes = 0;
  const first = recent.findLastIndex((removal) => {
    bytes += sizeOf(removal) + 1;
    return bytes > most_bytes;
  });
  const untold_ms = Math.max(before_ms, recent[first]?.at_ms ?? 0);
  return { users: recent.slice(first + 1), before_ms: untold_ms > since_ms ? untold_ms : 0 };
}

/** Whether somebody of that name who joined then was removed since. */
export function isRemoved(
  { users, before_ms }: Removals,
  who: { userName: string; joinedAt_ms: number },
): boolean {
  const removed = users.find(({ name }) => name === who.userName);
  return who.joinedAt_ms <= Math.max(before_ms, removed?.at_ms ?? 0);
}
