import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LastN, LastNEvent } from '../../../nodes/erizo/last-n.ts';
import { lastN, nobodyThere } from '../../../nodes/erizo/last-n.ts';

const hold_ms = 1_000;

function run(events: readonly LastNEvent[], from: LastN = nobodyThere, now_ms = 0): LastN {
  return events.reduce((state, event) => lastN(state, event, { now_ms, hold_ms }), from);
}

function came(...ids: string[]): LastNEvent[] {
  return ids.map((streamId) => ({ kind: 'came', streamId }));
}

function spoke(streamId: string): LastNEvent {
  return { kind: 'spoke', streamId };
}

const limited = (limit: number | undefined): LastNEvent => ({ kind: 'limited', limit });

describe('the last few who spoke', () => {
  it('are all, where there is no limit', () => {
    expect([...run([...came('a', 'b', 'c'), spoke('c')]).shown].sort()).toEqual(['a', 'b', 'c']);
  });

  it('are those who came first while nobody has spoken', () => {
    const state = run([limited(2), ...came('a', 'b', 'c')]);
    expect([...state.shown]).toEqual(['a', 'b']);
    expect([...run([{ kind: 'left', streamId: 'a' }], state).shown]).toEqual(['b', 'c']);
  });

  it('let in who speaks, in the place of who spoke longest ago', () => {
    const state = run([limited(2), ...came('a', 'b', 'c'), spoke('b')]);
    expect([...run([spoke('c')], state).shown]).toEqual(['c', 'b']);
  });

  it('change once in a hold by voices, and then to what is due', () => {
    let state = run([limited(1), ...came('a', 'b', 'c'), spoke('b')]);
    expect(state).toMatchObject({ shown: new Set(['b']), heldUntil_ms: 1_000 });
    state = run([spoke('c'), spoke('a')], state, 500);
    expect([...state.shown]).toEqual(['b']);
    state = run([{ kind: 'time' }], state, 1_000);
    expect(state).toMatchObject({ shown: new Set(['a']), heldUntil_ms: 2_000 });
    state = run([{ kind: 'time' }], state, 2_000);
    expect(state).toMatchObject({ shown: new Set(['a']), heldUntil_ms: undefined });
  });

  it('have those beside them who are pinned, who do not count', () => {
    const pin: LastNEvent = { kind: 'pinned', streamId: 'c', pinned: true };
    const state = run([limited(1), ...came('a', 'b', 'c'), pin, spoke('b')]);
    expect([...state.shown].sort()).toEqual(['b', 'c']);
    expect([...run([{ ...pin, pinned: false }], state).shown]).toEqual(['b']);
    expect([...run([limited(0)], state).shown]).toEqual(['c']);
  });

  it('are never more than the limit and the pinned, never somebody who is not there, and none too few', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const event: fc.Arbitrary<LastNEvent> = fc.oneof(
      fc.record({ kind: fc.constantFrom('came' as const, 'left', 'spoke'), streamId: id }),
      fc.record({ kind: fc.constant('pinned' as const), streamId: id, pinned: fc.boolean() }),
      fc.record({
        kind: fc.constant('limited' as const),
        limit: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      }),
      fc.constant({ kind: 'time' as const }),
    );
    const steps = fc.array(fc.record({ event, wait_ms: fc.integer({ min: 0, max: 800 }) }));
    fc.assert(
      fc.property(steps, (all) => {
        let state = nobodyThere;
        let now_ms = 0;
        for (const step of all) {
          now_ms += step.wait_ms;
          state = lastN(state, step.event, { now_ms, hold_ms });
          const { order, pinned, shown, limit = Infinity } = state;
          const there = order.filter((one) => pinned.has(one));
          const others = order.filter((one) => !pinned.has(one));
          expect(new Set(order).size).toBe(order.length);
          expect([...shown].every((one) => order.includes(one))).toBe(true);
          expect(there.every((one) => shown.has(one))).toBe(true);
          expect(shown.size - there.length).toBe(Math.min(limit, others.length));
        }
      }),
    );
  });
});
