import { describe, expect, it } from 'vitest';
import { distribute, levelsStep } from '../../../../nodes/erizo/adaptation/distribute.ts';
import type { Levels, PriorityDemand } from '../../../../nodes/erizo/adaptation/distribute.ts';
import { sharesOf } from '../../../../nodes/erizo/adaptation/shares.ts';
import type { StrategyId } from '../../../../protocol/priorities.ts';

const layers_bps = [100_000, 300_000, 900_000];

function demand(streamId: string, priority: PriorityDemand['priority']): PriorityDemand {
  return { streamId, priority, layers_bps };
}

function levels(strategy: StrategyId, kbps: number, ...demands: PriorityDemand[]) {
  return Object.fromEntries(distribute(kbps * 1_000, demands, strategy));
}

describe('the shares of videos that share a connection', () => {
  const of = (kbps: number, ...wanted_kbps: number[]) =>
    [
      ...sharesOf(
        kbps * 1_000,
        wanted_kbps.map((one, index) => ({ streamId: String(index), layers_bps: [one * 1_000] })),
      ).values(),
    ].toSorted((one, other) => one - other);

  it('are equal where all want more, and go to those who want them where some want less', () => {
    expect(of(300, 900, 900, 900)).toEqual([100_000, 100_000, 100_000]);
    expect(of(300, 50, 900)).toEqual([50_000, 250_000]);
  });

  it('hold what nobody needs, which any of them could have', () => {
    expect(of(1_000, 200)).toEqual([1_000_000]);
    expect(of(1_000, 200, 300)).toEqual([700_000, 800_000]);
    expect(of(1_000, 0)).toEqual([1_000_000]);
  });

  it('are never less than nothing, and of no streams there are none', () => {
    expect(of(-5, 200, 300)).toEqual([0, 0]);
    expect(of(100)).toEqual([]);
  });
});

describe('the strategy high', () => {
  it('gives everybody the lowest layer before anybody a second', () => {
    const all = [demand('a', '0'), demand('b', '40'), demand('c', 'default')];
    expect(levels('high', 300, ...all)).toEqual({ a: 0, b: 0, c: 0 });
    expect(levels('high', 500, ...all)).toEqual({ a: 0, b: 1, c: 0 });
    expect(levels('high', 1_100, ...all)).toEqual({ a: 0, b: 2, c: 0 });
    expect(levels('high', 1_300, ...all)).toEqual({ a: 1, b: 2, c: 0 });
    expect(levels('high', 5_000, ...all)).toEqual({ a: 2, b: 2, c: 1 });
  });

  it('shows slides of priority 20 where nothing else fits, and of no other', () => {
    const all = [demand('a', '20'), demand('b', '10')];
    expect(levels('high', 100, ...all)).toEqual({ a: 'slideshow', b: 0 });
    expect(levels('high', 0, ...all)).toEqual({ a: 'slideshow', b: 0 });
    expect(levels('high', 300, ...all)).toEqual({ a: 0, b: 0 });
  });
});

describe('the strategy low', () => {
  it('freezes what does not fit, and has all layers for the highest priority alone', () => {
    const all = [demand('a', '40'), demand('b', '30'), demand('c', 'default')];
    expect(levels('low', 0, ...all)).toEqual({ a: 'freeze', b: 'freeze', c: 'freeze' });
    expect(levels('low', 200, ...all)).toEqual({ a: 0, b: 0, c: 'freeze' });
    expect(levels('low', 1_050, ...all)).toEqual({ a: 2, b: 0, c: 'freeze' });
    expect(levels('low', 9_000, ...all)).toEqual({ a: 2, b: 0, c: 0 });
  });
});

describe('the strategy speaker', () => {
  it('gives all layers to who speaks before anybody else gets one', () => {
    const all = [demand('a', 'default'), demand('b', 'speaker'), demand('c', '40')];
    expect(levels('speaker', 900, ...all)).toEqual({ a: 'slideshow', b: 2, c: 'slideshow' });
    expect(levels('speaker', 1_000, ...all)).toEqual({ a: 'slideshow', b: 2, c: 0 });
    expect(levels('speaker', 9_000, ...all)).toEqual({ a: 2, b: 2, c: 2 });
  });
});

describe('any strategy', () => {
  it('takes a stream of one layer as its lowest, and what does not come as free', () => {
    const one = { ...demand('a', '40'), layers_bps: [500_000] };
    const none = { ...demand('b', '30'), layers_bps: [] };
    expect(levels('high', 400, one, none)).toEqual({ a: 0, b: 2 });
    expect(levels('low', 400, one, none)).toEqual({ a: 'freeze', b: 0 });
  });

  it('treats a priority without steps as the default', () => {
    expect(levels('low', 100, demand('a', 'speaker'))).toEqual({ a: 0 });
  });

  it.each(['high', 'low', 'speaker'] as const)(
    'gives with %s no more than there is',
    (strategy) => {
      const order = ['40', '30', '20', '10', '0', 'default'] as const;
      for (let kbps = 0; kbps < 8_000; kbps += 50) {
        const all = order.map((priority) => demand(priority, priority));
        const given = Object.values(levels(strategy, kbps, ...all)).reduce<number>(
          (sum, level) => sum + (typeof level === 'number' ? (layers_bps[level] ?? 0) : 0),
          0,
        );
        // The lowest layers go even where they do not fit, if nothing else is said of them.
        expect(given).toBeLessThanOrEqual(Math.max(kbps * 1_000, 600_000));
      }
    },
  );
});

describe('levels, one moment after the other,', () => {
  const demands = [demand('a', '40')];
  const step = (before: Levels, kbps: number, now_ms: number) =>
    levelsStep(before, { available_bps: kbps * 1_000, demands, strategy: 'low', now_ms });

  it('fall at once, and rise after ten seconds with a tenth to spare', () => {
    let now = step(new Map(), 1_000, 0);
    expect(now.get('a')?.level).toBe(2);
    now = step(now, 299, 1_000);
    expect(now.get('a')?.level).toBe(0);
    now = step(now, 2_000, 10_999);
    expect(now.get('a')?.level).toBe(0);
    now = step(now, 320, 11_000);
    expect(now.get('a')?.level).toBe(0);
    now = step(now, 331, 12_000);
    expect(now.get('a')?.level).toBe(1);
    now = step(now, 50, 12_001);
    expect(now.get('a')?.level).toBe('freeze');
    now = step(now, 105, 30_000);
    expect(now.get('a')?.level).toBe('freeze');
    now = step(now, 111, 30_001);
    expect(now.get('a')?.level).toBe(0);
  });

  it('forget streams that are gone', () => {
    const before = step(new Map(), 1_000, 0);
    const after = levelsStep(before, { available_bps: 1, demands: [], strategy: 'low', now_ms: 1 });
    expect([...after]).toEqual([]);
  });
});
