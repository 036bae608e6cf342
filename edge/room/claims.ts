import type { Leavings, Presence } from '../../protocol/contracts/node-edge.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';

/**
 * What a node says of when its clients entered, without what cannot be: a ticket that the edge has yet to make would win over
 * all that it made. A claim of that kind counts as one that says no time, which wins over none.
 */
export function factsBy(now_ms: number, facts: RoomFacts): RoomFacts {
  return { ...facts, streams: facts.streams.map((stream) => claimBy(now_ms, stream)) };
}

/** The same of those who came; who left after the edge's clock is not known to have left. */
export function presenceBy(now_ms: number, presence: Presence): Presence {
  const { came, left } = presence;
  return {
    ...presence,
    came: came.map((user) => claimBy(now_ms, user)),
    ...(left === undefined ? {} : { left: leavingsBy(now_ms, left) }),
  };
}

export function leavingsBy(now_ms: number, left: Leavings): Leavings {
  const clients = left.clients.filter(({ enteredAt_ms }) => mayBe(now_ms, enteredAt_ms));
  return { ...left, clients };
}

function claimBy<T extends { enteredAt_ms?: number | undefined }>(now_ms: number, claim: T): T {
  const { enteredAt_ms, ...rest } = claim;
  // It holds all of T, as the time may be absent.
  return enteredAt_ms === undefined || mayBe(now_ms, enteredAt_ms) ? claim : (rest as T);
}

function mayBe(now_ms: number, enteredAt_ms: number): boolean {
  return enteredAt_ms <= now_ms + limits.clockSkew_s * 1000;
}
