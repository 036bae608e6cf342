import { describe, expect, it } from 'vitest';
import type { Way } from '../../../nodes/mesh/way.ts';
import { measured } from '../../../nodes/mesh/way.ts';

function after(rounds: readonly (readonly (number | undefined)[])[]): Way | undefined {
  return rounds.reduce<Way | undefined>((way, round) => measured(way, round), undefined);
}

describe('the way to a region', () => {
  it('is the least of the first round, and the rest is jitter', () => {
    expect(after([[120, 80, 85, 95, 80]])).toEqual({
      rtt_ms: 80,
      jitter_ms: 12,
      loss: 0,
      shown_ms: 80,
      silent: 0,
    });
  });

  it('is not moved by one round that was held up, and follows a lasting change', () => {
    const steady = Array.from({ length: 5 }, () => [80]);
    expect(after([...steady, [160]])?.rtt_ms).toBe(100);
    expect(after([...steady, [160], ...steady])?.rtt_ms).toBe(80);
    const moved = Array.from({ length: 20 }, () => [120]);
    expect(Math.abs((after([...steady, ...moved])?.shown_ms ?? 0) - 120)).toBeLessThanOrEqual(6);
  });

  it('is what a round took that was faster than those before, as nothing comes faster than its way', () => {
    expect(after([[400], [80]])).toMatchObject({ rtt_ms: 80, shown_ms: 80 });
  });

  it('is told anew only when it is off by 5 % and by 2 ms', () => {
    const noisy = [100, 103, 98, 104, 96, 102].map((rtt_ms) => [rtt_ms]);
    expect(new Set(noisy.map((_, index) => after(noisy.slice(0, index + 1))?.shown_ms))).toEqual(
      new Set([100]),
    );
    expect(after([[10], [13], [13], [13], [13]])?.shown_ms).toBe(12);
  });

  it('keeps what was known while some pings are lost, and is unknown after three silent rounds', () => {
    const lossy = after([[80, undefined, 82, undefined]]);
    expect(lossy).toMatchObject({ rtt_ms: 80, loss: 0.5 });
    const silent = [undefined, undefined];
    expect(after([[80], silent, silent])).toMatchObject({ rtt_ms: 80, silent: 2 });
    expect(after([[80], silent, silent, [90]])).toMatchObject({ silent: 0 });
    expect(after([[80], silent, silent, silent])).toBeUndefined();
    expect(after([silent])).toBeUndefined();
  });
});
