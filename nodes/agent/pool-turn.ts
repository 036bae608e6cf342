import type { Asked, PoolEffect, PoolOptions, PoolState, Slot } from './pool-state.ts';
import { poolTimes } from './pool-state.ts';

/** A pool's state while one event is worked in: a copy, so that the state that was given stays as it is. */
export interface PoolTurn {
  readonly now_ms: number;
  readonly newId: () => string;
  readonly options: PoolOptions;
  readonly slots: Map<string, Slot>;
  readonly effects: PoolEffect[];
  waiting: Asked[];
  failures: number;
  startAfter_ms: number;
  refillAfter_ms: number;
  closing: boolean;
}

export function beginTurn(
  state: PoolState,
  components: { now_ms: number; newId: () => string },
  options: PoolOptions,
): PoolTurn {
  return {
    ...state,
    ...components,
    options,
    slots: new Map(state.slots),
    waiting: [...state.waiting],
    effects: [],
  };
}

/** Asks the process to end; one that ends already is only hurried. */
export function stop(turn: PoolTurn, slot: Slot, { now }: { now: boolean }): void {
  if (slot.is === 'stopping' && (slot.killed || slot.now || !now)) {
    return;
  }
  turn.slots.set(slot.erizoId, {
    is: 'stopping',
    now,
    due_ms: turn.now_ms,
    killed: false,
    ...known(slot),
  });
  turn.effects.push({ do: 'stop', erizoId: slot.erizoId, now });
}

/** Ends the process without asking it. It stays in its slot until its exit was seen. */
export function kill(turn: PoolTurn, slot: Slot, why: string): void {
  if (slot.is === 'stopping' && slot.killed) {
    return;
  }
  turn.slots.set(slot.erizoId, {
    is: 'stopping',
    now: true,
    due_ms: turn.now_ms,
    killed: true,
    ...known(slot),
  });
  turn.effects.push({ do: 'kill', erizoId: slot.erizoId, why });
}

/**
 * A process that died early may die so again: the first is replaced at once, the next ones wait
 * longer and longer. One that had lived a while was no fault of its start.
 */
export function noteEarlyDeath(turn: PoolTurn, slot: Slot): void {
  if (turn.now_ms - slot.born_ms >= poolTimes.stable_ms) {
    return;
  }
  turn.failures += 1;
  if (turn.failures > 1) {
    const delay_ms = poolTimes.backOffMin_ms * 2 ** Math.min(turn.failures - 2, 16);
    turn.startAfter_ms = turn.now_ms + Math.min(delay_ms, poolTimes.backOffMax_ms);
  } else {
    turn.startAfter_ms = turn.now_ms;
  }
}

function known(slot: Slot) {
  const { erizoId, born_ms } = slot;
  return slot.is === 'starting'
    ? { erizoId, born_ms, load: nothingOpen, unlinked_ms: undefined }
    : { erizoId, born_ms, load: slot.load, unlinked_ms: slot.unlinked_ms };
}

const nothingOpen = {
  clients: 0,
  publishers: 0,
  subscribers: 0,
  pipes: 0,
  consumers: 0,
  cpu: 0,
} as const;
