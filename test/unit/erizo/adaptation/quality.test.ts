import { describe, expect, it } from 'vitest';
import type { BelowState } from '../../../../nodes/erizo/adaptation/below.ts';
import { belowStep } from '../../../../nodes/erizo/adaptation/below.ts';
import { newQuality, qualityStep } from '../../../../nodes/erizo/adaptation/quality.ts';

describe('the quality of a connection', () => {
  /** Steps it through losses, five seconds apart; answers the level after each. */
  function run(...losses: number[]): number[] {
    let state = newQuality;
    return losses.map((loss, index) => {
      state = qualityStep(state, { loss, isStarved: false, now_ms: index * 5_000 });
      return state.level;
    });
  }

  it('follows the share of packets that are lost', () => {
    expect(run(0)).toEqual([2]);
    expect(run(0.049)).toEqual([2]);
    expect(run(0.05)).toEqual([1]);
    expect(run(0.2)).toEqual([0]);
  });

  it('falls at once and rises no sooner than after thirty seconds', () => {
    expect(run(0, 0.3, 0, 0, 0, 0, 0, 0, 0)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 2]);
    expect(run(0, 0.1, 0.3, 0.3)).toEqual([2, 1, 0, 0]);
  });

  it('is very low where not one video fits', () => {
    expect(qualityStep(newQuality, { loss: 0, isStarved: true, now_ms: 0 }).level).toBe(0);
  });
});

describe('a video below the layer that is wanted at least', () => {
  it('is so at once, and no longer after ten seconds with a tenth to spare', () => {
    let state: BelowState = { below: false };
    const step = (share_bps: number, now_ms: number): boolean => {
      state = belowStep(state, { share_bps, need_bps: 100, now_ms });
      return state.below;
    };
    expect(step(100, 0)).toBe(false);
    expect(step(99, 1_000)).toBe(true);
    expect(step(500, 10_999)).toBe(true);
    expect(step(109, 12_000)).toBe(true);
    expect(step(111, 13_000)).toBe(false);
    expect(step(100, 14_000)).toBe(false);
  });
});
