import type { StreamNeed } from '../../protocol/layers.ts';
import { topLayer } from '../../protocol/layers.ts';

export const nothing: StreamNeed = { audio: false, video: null };
export const everything: StreamNeed = { audio: true, video: topLayer };

/** What serves each of them. */
export function joinNeeds(needs: Iterable<StreamNeed>): StreamNeed {
  let audio = false;
  let best = -1;
  for (const need of needs) {
    audio ||= need.audio;
    best = Math.max(best, need.video ?? -1);
  }
  return { audio, video: best < 0 ? null : best };
}

export function isSameNeed(one: StreamNeed, other: StreamNeed): boolean {
  return one.audio === other.audio && one.video === other.video;
}
