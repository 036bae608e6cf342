import type { Clock } from '../../protocol/clock.ts';
import type { WantedVideo } from './layer-wish.ts';
import { wholeVideo } from './layer-wish.ts';
import type { Consumer } from './media.ts';
import { Slideshow } from './slideshow.ts';

/** A consumer and how it was set last. */
export class PlayedTrack {
  readonly consumer: Consumer;
  readonly #clock: Clock;
  #set: WantedVideo = wholeVideo;
  #slideshow: Slideshow | undefined;

  constructor(components: { clock: Clock; consumer: Consumer }) {
    this.#clock = components.clock;
    this.consumer = components.consumer;
  }

  apply(wanted: WantedVideo): void {
    const before = this.#set;
    this.#set = wanted;
    if (wanted.maxSpatial !== before.maxSpatial || wanted.maxTemporal !== before.maxTemporal) {
      const { maxSpatial: spatial, maxTemporal: temporal } = wanted;
      quietly(this.consumer.setLayers({ spatial, temporal }));
    }
    const period_ms = periodOf(wanted);
    if (period_ms !== periodOf(before)) {
      this.close();
      this.#slideshow =
        period_ms === 0
          ? undefined
          : Slideshow.create({ clock: this.#clock, consumer: this.consumer }, { period_ms });
    }
    // A slideshow leaves it paused.
    const wasPaused = before.paused || periodOf(before) > 0;
    if (wanted.paused && !wasPaused) {
      quietly(this.consumer.pause());
    } else if (!wanted.paused && period_ms === 0 && wasPaused) {
      quietly(this.consumer.resume());
    }
  }

  close(): void {
    this.#slideshow?.close();
    this.#slideshow = undefined;
  }
}

/** What is paused has no slides. */
function periodOf({ paused, slideShow_ms }: WantedVideo): number {
  return paused ? 0 : slideShow_ms;
}

/** A consumer whose track has just ended cannot be told, and need not be. */
function quietly(step: Promise<void>): void {
  step.catch(() => undefined);
}
