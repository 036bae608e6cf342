import { numbers } from './numbers.ts';

/** Licode's levels of a connection: 2 is good, 1 low, 0 very low; -1 before it was judged. */
export type QualityLevel = 0 | 1 | 2;

export interface QualityState {
  level: QualityLevel | -1;
  since_ms: number;
}

export const newQuality: QualityState = { level: -1, since_ms: 0 };

/** Packets that are lost, of all: Licode's limits. */
const lossOfLow = 0.05;
const lossOfVeryLow = 0.2;

/** Worse is said at once, better when it was so for a while. `isStarved`: not one video fits. */
export function qualityStep(
  state: QualityState,
  measured: { loss: number; isStarved: boolean; now_ms: number },
): QualityState {
  const { loss, isStarved, now_ms } = measured;
  const level = isStarved || loss >= lossOfVeryLow ? 0 : loss >= lossOfLow ? 1 : 2;
  const mayRaise = state.level === -1 || now_ms - state.since_ms > numbers.qualityRaise_ms;
  return level < state.level || (level > state.level && mayRaise)
    ? { level, since_ms: now_ms }
    : state;
}
