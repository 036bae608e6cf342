import { describe, expect, it } from 'vitest';
import type { SchemeState } from '../../../../nodes/erizo/adaptation/scheme.ts';
import { newScheme, schemeStep } from '../../../../nodes/erizo/adaptation/scheme.ts';
import type { AdaptationScheme } from '../../../../protocol/adaptation.ts';

const minVideo_kbps = 300;

/** Steps the scheme through bandwidths in kbit/s; answers what was said, each after the second it came in. */
function run(scheme: AdaptationScheme, ...parts: readonly [kbps: number, seconds: number][]) {
  const told: string[] = [];
  let state: SchemeState = newScheme;
  let second = 0;
  for (const [kbps, seconds] of parts) {
    for (let each = 0; each < seconds; each += 1) {
      second += 1;
      const outcome = schemeStep(state, { scheme, minVideo_kbps }, kbps * 1_000);
      ({ state } = outcome);
      for (const effect of outcome.effects) {
        told.push(
          effect.type === 'alert'
            ? `${second}: ${effect.message} ${effect.bandwidth_bps}`
            : `${second}: video ${effect.video}`,
        );
      }
    }
  }
  return { told, state };
}

describe('every scheme', () => {
  const all = ['notify', 'notify-break', 'notify-break-recover', 'notify-slideshow'] as const;

  it.each(all)('%s says nothing while the video gets what it needs, or nearly', (scheme) => {
    expect(run(scheme, [300, 30], [240, 30]).told).toEqual([]);
  });

  it.each(all)('%s says nothing of a gap that is short, however often it comes', (scheme) => {
    const gaps = Array.from({ length: 20 }, () => [[100, 8] as const, [600, 5] as const]).flat();
    expect(
      run(scheme, ...gaps.map(([kbps, seconds]) => [kbps, seconds] as [number, number])).told,
    ).toEqual([]);
  });

  it.each(all)('%s says nothing while too little becomes more', (scheme) => {
    const rising = Array.from(
      { length: 22 },
      (_, index) => [10 + index * 10, 1] as [number, number],
    );
    expect(run(scheme, ...rising).told).toEqual([]);
  });
});

describe('notify', () => {
  it('says each eleven seconds that it is too little, and changes nothing', () => {
    // The first second has none before it to compare with.
    expect(run('notify', [100, 35]).told).toEqual([
      '12: insufficient 100000',
      '23: insufficient 100000',
      '34: insufficient 100000',
    ]);
  });

  it('tells the mean of five seconds', () => {
    expect(run('notify', [600, 10], [100, 20]).told).toEqual(['24: insufficient 100000']);
    expect(run('notify', [100, 10], [50, 2]).told).toEqual(['12: insufficient 80000']);
  });
});

describe('notify-break', () => {
  it('ends the video once and for good', () => {
    expect(run('notify-break', [100, 30], [900, 60]).told).toEqual([
      '12: insufficient 100000',
      '12: video none',
      '13: video none',
      '13: audio-only 0',
    ]);
  });
});

describe('notify-slideshow', () => {
  it('goes over to key frames once and for good', () => {
    expect(run('notify-slideshow', [100, 30], [900, 60]).told).toEqual([
      '12: insufficient 100000',
      '13: video slides',
      '13: slideshow 0',
    ]);
  });
});

describe('notify-break-recover', () => {
  it('brings the video back as soon as it fits, and may go through it all again', () => {
    expect(run('notify-break-recover', [100, 15], [400, 10], [100, 20]).told).toEqual([
      '12: insufficient 100000',
      '12: video none',
      '19: video all',
      '19: recovered 340000',
      expect.stringMatching(/^\d+: insufficient 100000$/),
      expect.stringMatching(/^\d+: video none$/),
    ]);
  });

  it('tries the video three times, ten seconds each, before it gives up', () => {
    expect(run('notify-break-recover', [100, 150], [900, 60]).told).toEqual([
      '12: insufficient 100000',
      '12: video none',
      '32: video all',
      '42: video none',
      '62: video all',
      '72: video none',
      '92: video all',
      '102: video none',
      '104: video none',
      '104: audio-only 0',
    ]);
  });

  it('goes on with a try while it gets better', () => {
    const rising = Array.from(
      { length: 30 },
      (_, index) => [100 + index * 4, 1] as [number, number],
    );
    const { told } = run('notify-break-recover', [100, 32], ...rising);
    expect(told).toEqual(['12: insufficient 100000', '12: video none', '32: video all']);
    expect(run('notify-break-recover', [100, 32], ...rising, [600, 5]).told.at(-1)).toMatch(
      /recovered/,
    );
  });
});
