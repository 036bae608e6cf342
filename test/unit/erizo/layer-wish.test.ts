import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VideoWish } from '../../../nodes/erizo/layer-wish.ts';
import { foldWishes, wholeVideo, wishOfApp } from '../../../nodes/erizo/layer-wish.ts';

const layer = fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined });
const wish: fc.Arbitrary<VideoWish> = fc.record({
  paused: fc.option(fc.boolean(), { nil: undefined }),
  maxSpatial: layer,
  maxTemporal: layer,
  slideShow_ms: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
});
const wishes = fc.array(wish, { maxLength: 6 });

describe('what a subscriber’s video is limited to', () => {
  it('is nothing where nobody limits it', () => {
    expect(foldWishes([])).toEqual(wholeVideo);
    expect(foldWishes([{}, wishOfApp({})])).toEqual(wholeVideo);
  });

  it('is the same in whatever order the wishes come, and however often one comes', () => {
    fc.assert(
      fc.property(wishes, (all) => {
        const folded = foldWishes(all);
        expect(foldWishes(all.toReversed())).toEqual(folded);
        expect(foldWishes([...all, ...all])).toEqual(folded);
        expect(foldWishes([folded, ...all])).toEqual(folded);
      }),
    );
  });

  it('never grows with one wish more, and no wish is passed over', () => {
    fc.assert(
      fc.property(wishes, wish, (all, one) => {
        const before = foldWishes(all);
        const after = foldWishes([...all, one]);
        expect(after.maxSpatial).toBeLessThanOrEqual(before.maxSpatial);
        expect(after.maxSpatial).toBeLessThanOrEqual(one.maxSpatial ?? 7);
        expect(after.maxTemporal).toBeLessThanOrEqual(one.maxTemporal ?? 7);
        expect(after.slideShow_ms).toBeGreaterThanOrEqual(before.slideShow_ms);
        expect(after.paused).toBe(before.paused || one.paused === true);
      }),
    );
  });

  it('takes from the app its mute, its layers and its slides', () => {
    const config = {
      muteStream: { audio: false, video: true },
      qualityLayer: { spatial: 1, temporal: undefined },
      slideShow_ms: 2_000,
    };
    expect(foldWishes([wishOfApp(config)])).toEqual({
      paused: true,
      maxSpatial: 1,
      maxTemporal: 7,
      slideShow_ms: 2_000,
    });
  });
});
