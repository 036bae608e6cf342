import * as v from 'valibot';

/** What passes at an endpoint, frame by frame, as it is sent and before it is decoded. */

const Frame = v.strictObject({
  way: v.picklist(['sent', 'received']),
  /** Of the track, where it is received. */
  trackId: v.string(),
  ssrc: v.number(),
  /** Of RTP, in 1/90000 s; the same at the publisher and everywhere. */
  rtp: v.number(),
  isKey: v.boolean(),
});
export type Frame = v.InferOutput<typeof Frame>;

/** A track has left its MediaStream: the endpoint shows no more of it. */
const Left = v.strictObject({ way: v.literal('left'), trackId: v.string() });

export const Seen = v.variant('way', [Frame, Left]);
export type Seen = v.InferOutput<typeof Seen>;

export function framesOf(seen: readonly Seen[], way: Frame['way']): Frame[] {
  return seen.flatMap((one) => (one.way !== 'left' && one.way === way ? [one] : []));
}
