import type { ProvenLeavings } from './claims.ts';

/** A client that left a room for good. */
export interface Leaving {
  readonly clientId: string;
  /** When the newest ticket was made under which it left: what it was given by later ones is good. */
  readonly enteredAt_ms: number;
  /** When the room heard of it. */
  readonly at_ms: number;
}

/** Who left a room for good, for as long as they could come in again. */
export interface LeavingsState {
  /** The one that left longest ago first. */
  readonly clients: readonly Leaving[];
  /** Those who were last in the room by then count as left: of them no more is known. */
  readonly before_ms: number;
}

export const noLeavings: LeavingsState = { clients: [], before_ms: 0 };

export interface LeavingBounds {
  readonly keep_ms: number;
  readonly limit: number;
  /** How far the clock of a node may be ahead, by which a client was last in the room. */
  readonly skew_ms: number;
}

/**
 * The leavings after some more. Of more than `limit` clients the eldest are forgotten, and then all who were
 * last in the room before that count as left: they need another token when they lose their controller.
 */
export function leavingsAfter(
  { clients, before_ms }: LeavingsState,
  { clients: more, forgotten }: ProvenLeavings,
  { now_ms, keep_ms, limit, skew_ms }: LeavingBounds & { now_ms: number },
): LeavingsState {
  const known = new Map(clients.map((leaving) => [leaving.clientId, leaving]));
  for (const { clientId, enteredAt_ms } of more) {
    const before = known.get(clientId)?.enteredAt_ms ?? 0;
    known.delete(clientId);
    known.set(clientId, { clientId, enteredAt_ms: Math.max(before, enteredAt_ms), at_ms: now_ms });
  }
  const young = [...known.values()].filter(({ at_ms }) => at_ms > now_ms - keep_ms);
  const dropped = young.slice(0, Math.max(0, young.length - limit));
  const times_ms = [...dropped.map(({ at_ms }) => at_ms), ...(forgotten ? [now_ms] : [])];
  return {
    clients: young.slice(dropped.length),
    before_ms: Math.max(before_ms, ...times_ms.map((at_ms) => at_ms + skew_ms)),
  };
}

/** Whether a client left that came with a ticket made then, and was last in the room then. */
export function hasLeft(
  { clients, before_ms }: LeavingsState,
  who: { clientId: string; enteredAt_ms: number; presentAt_ms: number },
): boolean {
  const leftUnder_ms = ticketTimesOf(clients).get(who.clientId) ?? -1;
  return who.presentAt_ms <= before_ms || who.enteredAt_ms <= leftUnder_ms;
}

/** Made once for each picture of a room: a region that is lost sends all that it had to look at the same one. */
const ticketTimes = new WeakMap<readonly Leaving[], ReadonlyMap<string, number>>();

function ticketTimesOf(clients: readonly Leaving[]): ReadonlyMap<string, number> {
  const known = ticketTimes.get(clients);
  if (known !== undefined) {
    return known;
  }
  const made = new Map(clients.map(({ clientId, enteredAt_ms }) => [clientId, enteredAt_ms]));
  ticketTimes.set(clients, made);
  return made;
}
