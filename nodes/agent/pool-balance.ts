import type { Asked, Slot } from './pool-state.ts';
import { poolTimes } from './pool-state.ts';
import type { PoolTurn } from './pool-turn.ts';
import { stop } from './pool-turn.ts';

type Used = Extract<Slot, { is: 'used' }>;

/** Serves who waits, starts what is missing, stops what is too many. */
export function balance(turn: PoolTurn): void {
  if (turn.closing) {
    for (const { requestId } of turn.waiting.splice(0)) {
      turn.effects.push({
        do: 'refuse',
        requestId,
        code: 'unavailable',
        message: 'the agent ends',
      });
    }
    return;
  }
  const claimed = serve(turn);
  prerun(turn, claimed);
  trim(turn);
}

/** Answers how many of the processes that are starting are for those who still wait. */
function serve(turn: PoolTurn): number {
  let claimed = 0;
  /** Those whose place will be free: stopping ones, each good for one who waits. */
  let freeing = count(turn, 'stopping');
  const still: Asked[] = [];
  for (const asked of turn.waiting) {
    const ready =
      firstIdle(turn, asked) ?? (claimed < count(turn, 'starting') ? 'claim' : undefined);
    if (ready === 'claim' || (ready === undefined && start(turn))) {
      claimed += 1;
      still.push(asked);
      continue;
    }
    const slot = ready ?? leastBusy(turn, asked);
    if (slot !== undefined) {
      grant(turn, asked, slot);
    } else if (hasRoom(turn) && asked.deadline_ms > turn.startAfter_ms) {
      still.push(asked);
    } else if (hasRoom(turn)) {
      refuse(turn, asked, 'unavailable', 'ErizoJS processes die at their start; the log says why');
    } else if (freeing > 0) {
      freeing -= 1;
      still.push(asked);
    } else {
      refuse(
        turn,
        asked,
        'overloaded',
        `all ${turn.slots.size} ErizoJS processes of this host are taken or full`,
      );
    }
  }
  turn.waiting = still;
  return claimed;
}

function prerun(turn: PoolTurn, claimed: number): void {
  const ready = count(turn, 'idle') + count(turn, 'starting') - claimed;
  if (ready > 0 && turn.now_ms < turn.refillAfter_ms) {
    return;
  }
  for (let missing = turn.options.prerunProcesses - ready; missing > 0; missing -= 1) {
    if (!start(turn)) {
      return;
    }
  }
}

/**
 * Stops idle ones beyond those kept ready, or beyond the maximum where others were adopted. The
 * oldest go first: what a long life left behind in a process goes with it.
 */
function trim(turn: PoolTurn): void {
  const tooMany = turn.slots.size - count(turn, 'stopping') - turn.options.maxProcesses;
  let surplus = Math.max(count(turn, 'idle') - turn.options.prerunProcesses, tooMany);
  for (const slot of turn.slots.values()) {
    if (surplus <= 0) {
      return;
    }
    if (slot.is === 'idle') {
      stop(turn, slot, { now: false });
      surplus -= 1;
    }
  }
}

/** Starts a process where there is room and no crash loop is being waited out. */
function start(turn: PoolTurn): boolean {
  if (!hasRoom(turn) || turn.now_ms < turn.startAfter_ms) {
    return false;
  }
  const erizoId = turn.newId();
  turn.slots.set(erizoId, { is: 'starting', erizoId, born_ms: turn.now_ms });
  turn.effects.push({ do: 'start', erizoId });
  return true;
}

function grant(turn: PoolTurn, asked: Asked, slot: Exclude<Slot, { is: 'starting' }>): void {
  const { erizoId, born_ms, load, unlinked_ms } = slot;
  const given = slot.is === 'used' ? slot.given + 1 : 1;
  if (slot.is === 'idle') {
    turn.refillAfter_ms = turn.now_ms + poolTimes.refill_ms;
  }
  const quiet_ms = slot.is === 'used' && slot.quiet_ms === undefined ? undefined : turn.now_ms;
  turn.slots.set(erizoId, { is: 'used', erizoId, born_ms, load, unlinked_ms, quiet_ms, given });
  turn.effects.push({ do: 'grant', requestId: asked.requestId, erizoId });
}

function refuse(
  turn: PoolTurn,
  asked: Asked,
  code: 'overloaded' | 'unavailable',
  message: string,
): void {
  turn.effects.push({ do: 'refuse', requestId: asked.requestId, code, message });
}

function firstIdle(turn: PoolTurn, asked: Asked): Extract<Slot, { is: 'idle' }> | undefined {
  for (const slot of turn.slots.values()) {
    if (slot.is === 'idle' && fits(slot, asked)) {
      return slot;
    }
  }
  return undefined;
}

function leastBusy(turn: PoolTurn, asked: Asked): Used | undefined {
  const { consumersPerErizo: most = Number.POSITIVE_INFINITY } = turn.options;
  let least: Used | undefined;
  for (const slot of turn.slots.values()) {
    const isFull = slot.is === 'used' && slot.load.consumers >= most;
    if (
      slot.is === 'used' &&
      !isFull &&
      fits(slot, asked) &&
      (least === undefined || busier(least, slot))
    ) {
      least = slot;
    }
  }
  return least;
}

/** A process whose link is down cannot be asked whether it lives. */
function fits(slot: Extract<Slot, { is: 'idle' | 'used' }>, asked: Asked): boolean {
  return slot.unlinked_ms === undefined && !asked.except.includes(slot.erizoId);
}

/** By what was given out and its own word; CPU only settles a tie, as it lags behind. */
function busier(a: Used, b: Used): boolean {
  const [ofA, ofB] = [a, b].map(
    (slot) => slot.load.publishers + slot.load.subscribers + slot.given,
  );
  return ofA === ofB ? a.load.cpu > b.load.cpu : (ofA ?? 0) > (ofB ?? 0);
}

function hasRoom(turn: PoolTurn): boolean {
  return turn.slots.size < turn.options.maxProcesses;
}

function count(turn: PoolTurn, kind: Slot['is']): number {
  let found = 0;
  for (const slot of turn.slots.values()) {
    found += slot.is === kind ? 1 : 0;
  }
  return found;
}
