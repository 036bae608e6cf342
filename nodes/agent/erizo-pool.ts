import { assertNever } from '../../protocol/assert-never.ts';
import type { ErizoLoad } from '../../protocol/contracts/controller-agent.ts';
import type { PoolEffect, PoolEvent, PoolOptions, PoolState, Slot } from './pool-state.ts';
import { isQuiet, poolTimes } from './pool-state.ts';
import { balance } from './pool-balance.ts';
import type { PoolTurn } from './pool-turn.ts';
import { beginTurn, kill, noteEarlyDeath, stop } from './pool-turn.ts';

/** What a pool is given beside what happened. */
export interface PoolComponents {
  now_ms: number;
  newId: () => string;
}

/**
 * The ErizoJS processes of one host as a state machine (Licode: `ErizoList` of the agent). It keeps
 * `prerunProcesses` idle ones ready, starts none past `maxProcesses`, gives them out and takes them
 * back. Pure: what is to be done comes back as effects, in order.
 */
export function stepPool(
  state: PoolState,
  event: PoolEvent,
  components: PoolComponents,
  options: PoolOptions,
): { state: PoolState; effects: PoolEffect[] } {
  const turn = beginTurn(state, components, options);
  apply(turn, event);
  age(turn);
  balance(turn);
  const { effects, slots, waiting, failures, startAfter_ms, refillAfter_ms, closing } = turn;
  return {
    state: { slots, waiting, failures, startAfter_ms, refillAfter_ms, closing },
    effects,
  };
}

function apply(turn: PoolTurn, event: PoolEvent): void {
  switch (event.is) {
    case 'tick':
      return;
    case 'asked': {
      const { requestId, except, deadline_ms } = event;
      turn.waiting.push({ requestId, except, deadline_ms });
      return;
    }
    case 'cancelled':
      turn.waiting = turn.waiting.filter((asked) => asked.requestId !== event.requestId);
      return;
    case 'registered':
      register(turn, event.erizoId, event.load);
      return;
    case 'load':
      update(turn, event.erizoId, event.load);
      return;
    case 'unlinked':
      unlink(turn, event.erizoId);
      return;
    case 'exited':
      exit(turn, event.erizoId);
      return;
    case 'deleted':
      remove(turn, event.erizoId);
      return;
    case 'closing':
      turn.closing = true;
      for (const slot of turn.slots.values()) {
        stop(turn, slot, { now: true });
      }
      return;
    default:
      assertNever(event);
  }
}

function register(turn: PoolTurn, erizoId: string, load: ErizoLoad): void {
  const slot = turn.slots.get(erizoId);
  if (slot === undefined || slot.is === 'starting') {
    const born_ms = slot?.born_ms ?? turn.now_ms;
    const known = { erizoId, born_ms, load, unlinked_ms: undefined };
    const ready: Slot = isQuiet(load)
      ? { is: 'idle', since_ms: turn.now_ms, ...known }
      : { is: 'used', quiet_ms: undefined, given: 0, ...known };
    turn.slots.set(erizoId, ready);
    if (turn.closing) {
      stop(turn, ready, { now: true });
    }
    return;
  }
  turn.slots.set(erizoId, { ...slot, unlinked_ms: undefined });
  update(turn, erizoId, load);
  if (slot.is === 'stopping' && !slot.killed) {
    // What was said over the link before may be lost with it.
    turn.effects.push({ do: 'stop', erizoId, now: slot.now });
  }
}

function update(turn: PoolTurn, erizoId: string, load: ErizoLoad): void {
  const slot = turn.slots.get(erizoId);
  if (slot === undefined) {
    return;
  }
  const quiet = isQuiet(load);
  switch (slot.is) {
    case 'starting':
      return;
    case 'idle':
      // A controller that kept its link may use it without asking for it anew.
      turn.slots.set(
        erizoId,
        quiet ? { ...slot, load } : { ...slot, load, is: 'used', quiet_ms: undefined, given: 0 },
      );
      return;
    case 'used': {
      const quiet_ms = quiet ? (slot.quiet_ms ?? turn.now_ms) : undefined;
      turn.slots.set(erizoId, { ...slot, load, quiet_ms, given: 0 });
      return;
    }
    case 'stopping': {
      const due_ms = isQuiet(slot.load) ? slot.due_ms : turn.now_ms;
      turn.slots.set(erizoId, { ...slot, load, due_ms });
      return;
    }
    default:
      assertNever(slot);
  }
}

function unlink(turn: PoolTurn, erizoId: string): void {
  const slot = turn.slots.get(erizoId);
  if (slot !== undefined && slot.is !== 'starting') {
    turn.slots.set(erizoId, { ...slot, unlinked_ms: slot.unlinked_ms ?? turn.now_ms });
  }
}

function exit(turn: PoolTurn, erizoId: string): void {
  const slot = turn.slots.get(erizoId);
  if (slot === undefined) {
    return;
  }
  turn.slots.delete(erizoId);
  if (slot.is !== 'stopping') {
    noteEarlyDeath(turn, slot);
  }
  turn.effects.push({ do: 'tellExited', erizoId });
}

function remove(turn: PoolTurn, erizoId: string): void {
  const slot = turn.slots.get(erizoId);
  if (slot !== undefined) {
    kill(turn, slot, 'a controller says that it does not answer');
  }
}

/** What time alone changes. */
function age(turn: PoolTurn): void {
  if (turn.now_ms >= turn.startAfter_ms + poolTimes.stable_ms) {
    turn.failures = 0;
  }
  for (const slot of turn.slots.values()) {
    ageSlot(turn, slot);
  }
  retire(turn);
}

/** Ends what is up for long and needed by nobody, one at a time: the others are ready meanwhile. */
function retire(turn: PoolTurn): void {
  const slots = [...turn.slots.values()];
  const old = slots.find(
    (slot) =>
      slot.is === 'idle' &&
      turn.now_ms - slot.born_ms >= poolTimes.uptime_ms &&
      turn.now_ms - slot.since_ms >= poolTimes.idle_ms,
  );
  if (old !== undefined && slots.every((slot) => slot.is !== 'stopping')) {
    stop(turn, old, { now: false });
  }
}

function ageSlot(turn: PoolTurn, slot: Slot): void {
  const passed = (since_ms: number, bound_ms: number): boolean =>
    turn.now_ms - since_ms >= bound_ms;
  if (slot.is === 'starting') {
    if (passed(slot.born_ms, poolTimes.start_ms)) {
      noteEarlyDeath(turn, slot);
      kill(turn, slot, `it did not register in ${poolTimes.start_ms} ms`);
    }
    return;
  }
  if (slot.is === 'stopping') {
    const due = slot.now || isQuiet(slot.load);
    if (!slot.killed && due && passed(slot.due_ms, poolTimes.stop_ms)) {
      kill(turn, slot, `it did not stop in ${poolTimes.stop_ms} ms`);
      return;
    }
  }
  if (slot.unlinked_ms !== undefined && passed(slot.unlinked_ms, poolTimes.relink_ms)) {
    kill(turn, slot, `its link was down for ${poolTimes.relink_ms} ms`);
    return;
  }
  if (
    slot.is === 'used' &&
    slot.quiet_ms !== undefined &&
    passed(slot.quiet_ms, poolTimes.quiet_ms)
  ) {
    const { erizoId, born_ms, load, unlinked_ms } = slot;
    turn.slots.set(erizoId, {
      is: 'idle',
      ...{ erizoId, born_ms, load, unlinked_ms },
      since_ms: turn.now_ms,
    });
  }
}
