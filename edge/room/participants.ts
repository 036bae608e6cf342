import { assertNever } from '../../protocol/assert-never.ts';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import type { ProvenPresence } from './claims.ts';

/** Somebody who is in the room, and in which region. */
export interface Participant extends RoomUser {
  readonly region: string;
}

/** One of whom a controller told. */
export interface Told {
  readonly user: RoomUser;
  /** The message that told it last; 0 where that was under an older lease. */
  readonly number: number;
}

/** Those who are at one controller. */
export interface Attendance {
  /** Which of the node's leases told it. */
  readonly lease: number;
  readonly region: string;
  /** The last message of that lease. */
  readonly number: number;
  /** By client id. */
  readonly users: ReadonlyMap<string, Told>;
}

/** By node id. */
export type ParticipantsState = ReadonlyMap<string, Attendance>;

export type ParticipantsEvent =
  | {
      readonly type: 'told';
      readonly nodeId: string;
      readonly lease: number;
      readonly region: string;
      readonly presence: ProvenPresence;
    }
  | { readonly type: 'leave'; readonly nodeId: string; readonly lease: number }
  | { readonly type: 'lost'; readonly nodeId: string; readonly lease: number };

export interface ParticipantsStep {
  readonly state: ParticipantsState;
  /** `again`: a message is missing, and the controller has to tell the whole. */
  readonly answer: 'ok' | 'again';
  readonly joined: readonly Participant[];
  readonly left: readonly Participant[];
  /** By node: clients of it that are at another one too, with when the newer ticket of theirs was made. */
  readonly moved: ReadonlyMap<string, { clientId: string; enteredAt_ms: number }[]>;
  /** How many came that the room has no place for: they are in it, and nobody is told. */
  readonly surplus: number;
}

/**
 * The next state of who is in the room. Somebody who is at two controllers at once, on the way from one
 * to the other, has neither joined nor left. Of more than a room can have the last ones are passed over,
 * as the rest of what their controller tells has to count.
 */
export function participantsStep(
  state: ParticipantsState,
  event: ParticipantsEvent,
): ParticipantsStep {
  switch (event.type) {
    case 'told':
      return toldStep(state, event);
    case 'leave':
    case 'lost': {
      const known = state.get(event.nodeId);
      // News of an older lease comes late: the node has told anew since.
      if (known === undefined || known.lease > event.lease) {
        return unchanged(state, 'ok');
      }
      return stepTo(state, event.nodeId, undefined);
    }
    default:
      return assertNever(event);
  }
}

/** Whether somebody of that client id is in the room. */
export function isPresent(state: ParticipantsState, clientId: string): boolean {
  for (const { users } of state.values()) {
    if (users.has(clientId)) {
      return true;
    }
  }
  return false;
}

/** How many there are; who is at two controllers counts twice. */
export function countOf(state: ParticipantsState): number {
  let count = 0;
  for (const { users } of state.values()) {
    count += users.size;
  }
  return count;
}

/** Whether somebody of that client id is in the room by a ticket that was made after that time. */
export function isPresentSince(
  state: ParticipantsState,
  clientId: string,
  enteredAt_ms: number,
): boolean {
  return [...state.values()].some(
    ({ users }) => (users.get(clientId)?.user.enteredAt_ms ?? 0) > enteredAt_ms,
  );
}

/** Whether anybody is. */
export function isAnybodyPresent(state: ParticipantsState): boolean {
  return [...state.values()].some(({ users }) => users.size > 0);
}

function toldStep(
  state: ParticipantsState,
  event: Extract<ParticipantsEvent, { type: 'told' }>,
): ParticipantsStep {
  const { nodeId, lease, region, presence } = event;
  const { number, whole } = presence;
  const known = state.get(nodeId);
  const sameLease = known?.lease === lease;
  const last = sameLease ? known.number : 0;
  if ((known?.lease ?? 0) > lease || number <= last) {
    return unchanged(state, 'ok');
  }
  if (whole?.first !== number && !(sameLease && number === last + 1)) {
    return unchanged(state, 'again');
  }
  const before = known?.users ?? new Map<string, Told>();
  const users = usersAfter(sameLease ? before : aged(before), presence);
  const place = limits.participantsPerRoom - (countOf(state) - before.size);
  const surplus = dropSurplus(users, { before, came: presence.came, place });
  const step = stepTo(state, nodeId, { lease, region, number, users });
  return { ...step, moved: movedBy(state, nodeId, presence.came), surplus };
}

/** Those who came last go first, and nobody who was there before. */
function dropSurplus(
  users: Map<string, Told>,
  {
    before,
    came,
    place,
  }: { before: Attendance['users']; came: readonly RoomUser[]; place: number },
): number {
  const size = users.size;
  for (const { clientId } of came.toReversed()) {
    if (users.size <= place) {
      break;
    }
    if (!before.has(clientId)) {
      users.delete(clientId);
    }
  }
  return size - users.size;
}

/** Of those who came and are elsewhere too, who has to go where: the newer ticket is right. */
function movedBy(
  state: ParticipantsState,
  nodeId: string,
  came: readonly RoomUser[],
): ParticipantsStep['moved'] {
  const moved = new Map<string, Map<string, number>>();
  const elsewhere = [...state].filter(([id]) => id !== nodeId);
  for (const { clientId, enteredAt_ms: here_ms = 0 } of came) {
    for (const [other, { users }] of elsewhere) {
      const there_ms = users.get(clientId)?.user.enteredAt_ms ?? 0;
      if (users.has(clientId) && here_ms !== there_ms) {
        const older = here_ms > there_ms ? other : nodeId;
        const clients = moved.get(older) ?? new Map<string, number>();
        const newest_ms = Math.max(here_ms, there_ms, clients.get(clientId) ?? 0);
        moved.set(older, clients.set(clientId, newest_ms));
      }
    }
  }
  const listOf = (
    clients: ReadonlyMap<string, number>,
  ): { clientId: string; enteredAt_ms: number }[] =>
    [...clients].map(([clientId, enteredAt_ms]) => ({ clientId, enteredAt_ms }));
  return new Map([...moved].map(([id, clients]) => [id, listOf(clients)]));
}

/** They stay until the whole has been told anew: a node that has a new lease may have them all still. */
function aged(users: ReadonlyMap<string, Told>): ReadonlyMap<string, Told> {
  return new Map([...users].map(([clientId, { user }]) => [clientId, { user, number: 0 }]));
}

function usersAfter(
  before: ReadonlyMap<string, Told>,
  presence: ProvenPresence,
): Map<string, Told> {
  const { number, came, went, whole } = presence;
  const users = new Map(before);
  for (const user of came) {
    users.set(user.clientId, { user, number });
  }
  for (const clientId of went) {
    users.delete(clientId);
  }
  for (const [clientId, told] of whole?.last === true ? before : []) {
    if (told.number < (whole?.first ?? 0) && users.get(clientId) === told) {
      users.delete(clientId);
    }
  }
  return users;
}

function stepTo(
  state: ParticipantsState,
  nodeId: string,
  attendance: Attendance | undefined,
): ParticipantsStep {
  const next = new Map(state);
  if (attendance === undefined) {
    next.delete(nodeId);
  } else {
    next.set(nodeId, attendance);
  }
  return {
    state: next,
    answer: 'ok',
    joined: absentIn(state, nodeId, attendance, state.get(nodeId)),
    left: absentIn(next, nodeId, state.get(nodeId), attendance),
    moved: new Map(),
    surplus: 0,
  };
}

/** Those of one state of a controller who are neither in its other state nor at another controller. */
function absentIn(
  state: ParticipantsState,
  nodeId: string,
  those: Attendance | undefined,
  other: Attendance | undefined,
): Participant[] {
  const elsewhere = new Map([...state].filter(([id]) => id !== nodeId));
  return [...(those?.users.values() ?? [])]
    .filter(
      ({ user: { clientId } }) =>
        other?.users.has(clientId) !== true && !isPresent(elsewhere, clientId),
    )
    .map(({ user }) => ({ ...user, region: those?.region ?? '' }));
}

function unchanged(state: ParticipantsState, answer: 'ok' | 'again'): ParticipantsStep {
  return { state, answer, joined: [], left: [], moved: new Map(), surplus: 0 };
}
