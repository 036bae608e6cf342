import { assertNever } from '../../protocol/assert-never.ts';

/**
 * Whose video a client is sent that wants that of the last few who spoke, and no more. Sound has nothing
 * to do with it.
 */
export interface LastN {
  /** How many; all where it is undefined. */
  readonly limit: number | undefined;
  /** Who spoke last is first; who has not spoken comes after, in the order in which they came. */
  readonly order: readonly string[];
  /** Shown whatever happens, and not counted. */
  readonly pinned: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
  /** Until when who is shown stays, whoever speaks. */
  readonly heldUntil_ms: number | undefined;
}

export type LastNEvent =
  | { readonly kind: 'limited'; readonly limit: number | undefined }
  | { readonly kind: 'came' | 'left' | 'spoke'; readonly streamId: string }
  | { readonly kind: 'pinned'; readonly streamId: string; readonly pinned: boolean }
  /** Some time has passed. */
  | { readonly kind: 'time' };

export const nobodyThere: LastN = {
  limit: undefined,
  order: [],
  pinned: new Set(),
  shown: new Set(),
  heldUntil_ms: undefined,
};

/**
 * What the client does counts at once; a voice changes who is shown once in a while, since each change takes a
 * key frame and people who interrupt each other are not to make the picture jump.
 */
export function lastN(
  state: LastN,
  event: LastNEvent,
  { now_ms, hold_ms }: { now_ms: number; hold_ms: number },
): LastN {
  switch (event.kind) {
    case 'limited':
      return settle({ ...state, limit: event.limit });
    case 'came':
      return settle({ ...state, order: [...without(state.order, event.streamId), event.streamId] });
    case 'left': {
      const pinned = new Set(without([...state.pinned], event.streamId));
      return settle({ ...state, order: without(state.order, event.streamId), pinned });
    }
    case 'pinned': {
      const others = without([...state.pinned], event.streamId);
      const pinned = new Set(event.pinned ? [...others, event.streamId] : others);
      return settle({ ...state, pinned });
    }
    case 'spoke': {
      if (!state.order.includes(event.streamId)) {
        return state;
      }
      const order = [event.streamId, ...without(state.order, event.streamId)];
      return change({ ...state, order }, now_ms, hold_ms);
    }
    case 'time':
      return change(state, now_ms, hold_ms);
    default:
      return assertNever(event);
  }
}

function without(ids: readonly string[], streamId: string): string[] {
  return ids.filter((id) => id !== streamId);
}

/** Who is to be shown by the order. */
function due({ limit, order, pinned }: LastN): ReadonlySet<string> {
  const counted = order.filter((id) => !pinned.has(id)).slice(0, limit);
  return new Set([...order.filter((id) => pinned.has(id)), ...counted]);
}

function settle(state: LastN): LastN {
  return { ...state, shown: due(state) };
}

function change(state: LastN, now_ms: number, hold_ms: number): LastN {
  const isHeld = state.heldUntil_ms !== undefined && now_ms < state.heldUntil_ms;
  const next = due(state);
  if (isHeld) {
    return state;
  }
  const isSame = next.size === state.shown.size && [...next].every((id) => state.shown.has(id));
  return isSame
    ? { ...state, heldUntil_ms: undefined }
    : { ...state, shown: next, heldUntil_ms: now_ms + hold_ms };
}
