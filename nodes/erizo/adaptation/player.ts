import type { BandwidthAlert } from '../../../protocol/adaptation.ts';
import type { StreamConfig } from '../../../protocol/contracts/controller-erizo.ts';
import type { Level, Priority } from '../../../protocol/priorities.ts';
import type { VideoWish } from '../layer-wish.ts';
import { topLayer } from '../../../protocol/layers.ts';
import type { Pictures } from '../pictures/measured.ts';
import { wishOfSize } from '../pictures/measured.ts';
import type { LayerRate, Producer } from '../media.ts';
import type { BelowState } from './below.ts';
import { belowStep } from './below.ts';
import { numbers } from './numbers.ts';
import type { SchemeEffect, SchemeState } from './scheme.ts';
import { newScheme, schemeStep } from './scheme.ts';

/** A subscriber, as far as its bandwidth goes. */
export interface Adapted {
  readonly streamId: string;
  /** Its video as it comes in; undefined where it plays none. */
  readonly video: Producer | undefined;
  wish(who: 'adaptation', wish: VideoWish): void;
  setPriority(weight: number): void;
  alert(message: BandwidthAlert, bandwidth_bps: number): void;
}

/** What is to be done about one subscriber's video when its connection carries too little. */
export class Player {
  readonly adapted: Adapted;
  #config: StreamConfig;
  #scheme: SchemeState = newScheme;
  #video: 'all' | 'none' | 'slides' = 'all';
  #below: BelowState = { below: false };
  #level: Level | undefined;
  #pictures: Pictures = { sizes: [], rates: [] };
  /** What was wished last, as text. */
  #wished = '';

  constructor(adapted: Adapted, config: StreamConfig) {
    this.adapted = adapted;
    this.#config = config;
  }

  get priority(): Priority {
    return this.#config.priority ?? 'default';
  }

  /** Whether it depends on what the connection carries. */
  get isWatched(): boolean {
    const { adaptation, slideShowBelow } = this.#config;
    const adapts = adaptation !== undefined && adaptation !== null && this.#scheme.at !== 'ended';
    const isBound = slideShowBelow !== undefined && slideShowBelow !== null;
    return adapts || isBound || this.wantsPictures;
  }

  /** Whether the size of its pictures matters. */
  get wantsPictures(): boolean {
    return Object.keys(this.#config.maxVideo ?? {}).length > 0;
  }

  setPictures(pictures: Pictures): void {
    this.#pictures = pictures;
    this.#wish();
  }

  configure(config: StreamConfig): void {
    const before = this.#config;
    this.#config = config;
    if (JSON.stringify(before.adaptation) !== JSON.stringify(config.adaptation)) {
      this.#scheme = newScheme;
      this.#video = 'all';
    }
    if (before.slideShowBelow !== config.slideShowBelow) {
      this.#below = { below: false };
    }
    this.#wish();
  }

  /** By the strategy of the connection; undefined where it has none. */
  setLevel(level: Level | undefined): void {
    this.#level = level;
    this.#wish();
  }

  /** A second later: the video may take so much. */
  step(measured: { share_bps: number; layers: readonly LayerRate[]; now_ms: number }): void {
    const { share_bps, layers, now_ms } = measured;
    this.#stepScheme(share_bps);
    const { slideShowBelow } = this.#config;
    const least = layers[Math.min(slideShowBelow ?? 0, layers.length - 1)];
    if (slideShowBelow !== undefined && slideShowBelow !== null && least !== undefined) {
      const need_bps = least.least_bps;
      this.#below = belowStep(this.#below, { share_bps, need_bps, now_ms });
    }
    this.#wish();
  }

  /** Slides that the app asked for need no scheme (Licode). */
  #stepScheme(share_bps: number): void {
    const { adaptation, slideShow_ms = 0 } = this.#config;
    if (adaptation === undefined || adaptation === null || slideShow_ms > 0) {
      return;
    }
    const { state, effects } = schemeStep(this.#scheme, adaptation, Math.round(share_bps));
    this.#scheme = state;
    effects.forEach((effect) => this.#do(effect));
  }

  #do(effect: SchemeEffect): void {
    if (effect.type === 'alert') {
      this.adapted.alert(effect.message, effect.bandwidth_bps);
    } else {
      this.#video = effect.video;
    }
  }

  #wish(): void {
    const level = this.#level;
    const slides = this.#video === 'slides' || this.#below.below || level === 'slideshow';
    const most = level === 'slideshow' ? 0 : typeof level === 'number' ? level : topLayer;
    const size = wishOfSize(this.#pictures, this.#config.maxVideo ?? {});
    const wish: VideoWish = {
      paused: this.#video === 'none' || level === 'freeze',
      slideShow_ms: slides ? numbers.slide_ms : 0,
      maxSpatial: Math.min(most, size.maxSpatial ?? topLayer),
      maxTemporal: size.maxTemporal ?? topLayer,
    };
    const text = JSON.stringify(wish);
    if (text !== this.#wished) {
      this.#wished = text;
      this.adapted.wish('adaptation', wish);
    }
  }
}
