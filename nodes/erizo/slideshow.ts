import type { Cancel, Clock } from '../../protocol/clock.ts';
import { erizoDefaults } from './config.ts';
import type { Consumer } from './media.ts';

/**
 * A video of which only key frames are sent, one in each period (Licode: `slideShowMode`). A key frame
 * has several packets, and only its first one says what it is: what comes shortly after it goes too.
 */
export class Slideshow {
  readonly #clock: Clock;
  readonly #consumer: Consumer;
  #stops: Cancel[] = [];
  #stopFrame: Cancel | undefined;

  private constructor(components: { clock: Clock; consumer: Consumer }) {
    this.#clock = components.clock;
    this.#consumer = components.consumer;
  }

  static create(
    components: { clock: Clock; consumer: Consumer },
    options: { period_ms: number },
  ): Slideshow {
    const show = new Slideshow(components);
    const { clock, consumer } = components;
    show.#stops = [
      consumer.onKeyFrame(() => show.#onKeyFrame()),
      clock.every(options.period_ms, () => show.#next()),
    ];
    show.#pause();
    show.#next();
    return show;
  }

  /** The consumer is left paused. */
  close(): void {
    for (const stop of this.#stops) {
      stop();
    }
    this.#stops = [];
    this.#stopFrame?.();
    this.#pause();
  }

  /** Resuming asks for a key frame by itself. */
  #next(): void {
    // A consumer whose track has just ended cannot be told, and need not be.
    this.#consumer.resume().catch(() => undefined);
  }

  #onKeyFrame(): void {
    this.#stopFrame ??= this.#clock.after(erizoDefaults.slide_ms, () => {
      this.#stopFrame = undefined;
      this.#pause();
    });
  }

  #pause(): void {
    this.#consumer.pause().catch(() => undefined);
  }
}
