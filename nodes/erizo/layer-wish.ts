import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import { topLayer } from '../../protocol/layers.ts';

/** What one of those who may limit a subscriber's video says of it; what it does not name it leaves open. */
export interface VideoWish {
  /** Nothing of it is to be sent. */
  readonly paused?: boolean | undefined;
  /** The best layers of simulcast or SVC, 0 is the lowest. */
  readonly maxSpatial?: number | undefined;
  readonly maxTemporal?: number | undefined;
  /** Key frames alone, one in each such period; 0 for all frames. */
  readonly slideShow_ms?: number | undefined;
}

/** What becomes of the video of a subscriber. */
export interface WantedVideo {
  readonly paused: boolean;
  readonly maxSpatial: number;
  readonly maxTemporal: number;
  readonly slideShow_ms: number;
}

/** Who may say something of a subscriber's video: each has one wish at a time. */
export type Wisher = 'app' | 'adaptation' | 'last-n';

/** Nobody limits it. */
export const wholeVideo: WantedVideo = {
  paused: false,
  maxSpatial: topLayer,
  maxTemporal: topLayer,
  slideShow_ms: 0,
};

/** The video that suits all of them: each may take something away, and nobody gives back what another took. */
export function foldWishes(wishes: Iterable<VideoWish>): WantedVideo {
  let wanted = wholeVideo;
  for (const wish of wishes) {
    wanted = {
      paused: wanted.paused || wish.paused === true,
      maxSpatial: Math.min(wanted.maxSpatial, wish.maxSpatial ?? topLayer),
      maxTemporal: Math.min(wanted.maxTemporal, wish.maxTemporal ?? topLayer),
      slideShow_ms: Math.max(wanted.slideShow_ms, wish.slideShow_ms ?? 0),
    };
  }
  return wanted;
}

/** What the app of a subscriber says, by its stream's configuration. */
export function wishOfApp(config: StreamConfig): VideoWish {
  return {
    paused: config.muteStream?.video,
    maxSpatial: config.qualityLayer?.spatial,
    maxTemporal: config.qualityLayer?.temporal,
    slideShow_ms: config.slideShow_ms,
  };
}
