import * as v from 'valibot';

/** What is done for a subscriber that gets less of a video than its publisher wants it to (Licode: `scheme`). */
export const AdaptationScheme = v.picklist([
  /** It is told, again and again. */
  'notify',
  /** It is told, and gets the sound alone from then on. */
  'notify-break',
  /** It is told and gets the sound alone, until the video fits again; after three tries for good. */
  'notify-break-recover',
  /** It is told, and gets key frames alone from then on. */
  'notify-slideshow',
]);

/** What a publisher wants its subscribers to get, and what is done where that cannot be. */
export const Adaptation = v.strictObject({
  scheme: AdaptationScheme,
  minVideo_kbps: v.pipe(v.number(), v.minValue(1), v.maxValue(1_000_000)),
});

/** What a subscriber is told (Licode: the `message` of `onBandwidthAlert`). */
export const BandwidthAlert = v.picklist(['insufficient', 'recovered', 'audio-only', 'slideshow']);

export type AdaptationScheme = v.InferOutput<typeof AdaptationScheme>;
export type Adaptation = v.InferOutput<typeof Adaptation>;
export type BandwidthAlert = v.InferOutput<typeof BandwidthAlert>;
