import { numbers } from './numbers.ts';

/**
 * Whether a video is below the layer that its subscriber wants at least (Licode: `slideShowBelowLayer`):
 * at once where that does not fit, and no longer when it has fitted with something to spare, after a while.
 */
export type BelowState = { below: false } | { below: true; since_ms: number };

/** The layer needs so many bit/s, of which the video may take a share. */
export function belowStep(
  state: BelowState,
  measured: { share_bps: number; need_bps: number; now_ms: number },
): BelowState {
  const { share_bps, need_bps, now_ms } = measured;
  if (!state.below) {
    return share_bps < need_bps ? { below: true, since_ms: now_ms } : state;
  }
  const fits = share_bps >= need_bps * numbers.raiseMargin;
  return fits && now_ms - state.since_ms >= numbers.raise_ms ? { below: false } : state;
}
