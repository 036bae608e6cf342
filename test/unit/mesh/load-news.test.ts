import { describe, expect, it } from 'vitest';
import { isNews } from '../../../nodes/mesh/load-news.ts';
import type { SaidLoad } from '../../../protocol/said-card.ts';

const load = (rtts_ms: Record<string, number>, state: SaidLoad['state'] = 'available') => ({
  state,
  rtts_ms,
});
const told = { load: load({ east: 200, west: 20 }), at_ms: 1_000 };
const later_ms = 31_000;

describe('the load of a node', () => {
  it.each([
    ['in another state', load({ east: 200, west: 20 }, 'full')],
    ['with a way that came', load({ east: 200, west: 20, south: 5 })],
    ['with a way that went', load({ east: 200 })],
    ['with a way that a relay could gain by', load({ east: 200, west: 25 })],
  ])('is said anew %s, half a minute after it was said last', (_what, now) => {
    expect(isNews(told, now, later_ms)).toBe(true);
    expect(isNews(told, now, later_ms - 1)).toBe(false);
  });

  it('is said anew at once with the first ways that were measured', () => {
    const first = { load: { state: 'available' } as const, at_ms: 1_000 };
    expect(isNews(first, load({ east: 200 }), 1_001)).toBe(true);
    expect(isNews(first, { state: 'available' }, later_ms)).toBe(false);
  });

  it.each([
    ['as it was', load({ east: 200, west: 20 })],
    ['with ways that moved by less than 5 ms', load({ east: 200, west: 24 })],
    ['with ways that moved by less than 5 %', load({ east: 209, west: 20 })],
  ])('is not said anew %s', (_what, now) => {
    expect(isNews(told, now, later_ms)).toBe(false);
  });
});
