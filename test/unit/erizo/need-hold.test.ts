import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginHold, onNeed, onTime } from '../../../nodes/erizo/need-hold.ts';
import { everything, isSameNeed, joinNeeds, nothing } from '../../../nodes/erizo/stream-need.ts';
import type { StreamNeed } from '../../../protocol/layers.ts';

const hold_ms = 2_000;
const layer = fc.option(fc.integer({ min: 0, max: 7 }), { nil: null });
const need: fc.Arbitrary<StreamNeed> = fc.record({ audio: fc.boolean(), video: layer });
const steps = fc.array(fc.record({ need, wait_ms: fc.integer({ min: 0, max: 3_000 }) }), {
  maxLength: 40,
});

function covers(more: StreamNeed, less: StreamNeed): boolean {
  return isSameNeed(joinNeeds([more, less]), more);
}

describe('what several need of a stream', () => {
  it('joined serves each of them, and nobody who is not there', () => {
    fc.assert(
      fc.property(fc.array(need), (needs) => {
        const all = joinNeeds(needs);
        expect(needs.every((one) => covers(all, one))).toBe(true);
        expect(all.video === null || needs.some(({ video }) => video === all.video)).toBe(true);
        expect(all.audio).toBe(needs.some(({ audio }) => audio));
        expect(joinNeeds([...needs].reverse())).toEqual(all);
      }),
    );
    expect(joinNeeds([])).toEqual(nothing);
    expect(joinNeeds([nothing, everything])).toEqual(everything);
  });
});

describe('what is said of a need', () => {
  it('is never less than it, is lowered once in a hold at the most, and is it after two quiet holds', () => {
    fc.assert(
      fc.property(need, steps, (first, all) => {
        let hold = beginHold(first);
        let now_ms = 0;
        let lowered_ms = -hold_ms;
        const pass = (until_ms: number): void => {
          while (hold.waiting !== undefined && hold.waiting.until_ms <= until_ms) {
            const at_ms = hold.waiting.until_ms;
            const before = hold.said;
            hold = onTime(hold, { now_ms: at_ms, hold_ms });
            expect(covers(hold.said, hold.needed)).toBe(true);
            if (!isSameNeed(before, hold.said)) {
              expect(at_ms - lowered_ms).toBeGreaterThanOrEqual(hold_ms);
              lowered_ms = at_ms;
            }
          }
          now_ms = until_ms;
        };
        for (const step of all) {
          hold = onNeed(hold, step.need, { now_ms, hold_ms });
          expect(covers(hold.said, step.need)).toBe(true);
          pass(now_ms + step.wait_ms);
        }
        pass(now_ms + 2 * hold_ms);
        expect(hold.said).toEqual(hold.needed);
        expect(hold.waiting).toBeUndefined();
      }),
    );
  });

  it('stays what the most demanding needed while it waited', () => {
    let hold = beginHold(everything);
    hold = onNeed(hold, nothing, { now_ms: 0, hold_ms });
    hold = onNeed(hold, { audio: true, video: 1 }, { now_ms: 500, hold_ms });
    hold = onNeed(hold, { audio: true, video: 0 }, { now_ms: 1_000, hold_ms });
    expect(onTime(hold, { now_ms: 1_999, hold_ms })).toBe(hold);
    hold = onTime(hold, { now_ms: 2_000, hold_ms });
    expect(hold.said).toEqual({ audio: true, video: 1 });
    hold = onTime(hold, { now_ms: 4_000, hold_ms });
    expect(hold.said).toEqual({ audio: true, video: 0 });
  });
});
