import type { Clock } from '../../protocol/clock.ts';
import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { Consumer } from './media.ts';
import { Slideshow } from './slideshow.ts';

/** What a subscriber wants of a stream beside its tracks: what is muted, which layers, key frames alone. */
export class Playback {
  readonly #clock: Clock;
  readonly #consumers: readonly Consumer[];
  readonly #slideshows = new Map<Consumer, Slideshow>();
  readonly #paused = new Set<Consumer>();
  #config: StreamConfig = {};

  constructor(components: { clock: Clock; consumers: readonly Consumer[] }) {
    this.#clock = components.clock;
    this.#consumers = components.consumers;
  }

  /** Whether anything of the stream is to come at all. */
  get wantsMedia(): boolean {
    return this.#consumers.some(({ kind }) => !this.#isMuted(kind));
  }

  /** What the change does not name stays. */
  update(change: StreamConfig): void {
    const before = this.#config;
    this.#config = { ...before, ...change };
    for (const consumer of this.#consumers) {
      this.#apply(consumer, change.slideShow_ms !== undefined);
      if (consumer.kind === 'video' && change.qualityLayer !== undefined) {
        quietly(consumer.setLayers(change.qualityLayer));
      }
    }
  }

  close(): void {
    for (const slideshow of this.#slideshows.values()) {
      slideshow.close();
    }
    this.#slideshows.clear();
  }

  #isMuted(kind: Consumer['kind']): boolean {
    return this.#config.muteStream?.[kind] === true;
  }

  #apply(consumer: Consumer, newPeriod: boolean): void {
    const muted = this.#isMuted(consumer.kind);
    const period_ms = consumer.kind === 'video' && !muted ? (this.#config.slideShow_ms ?? 0) : 0;
    const slideshow = this.#slideshows.get(consumer);
    if (slideshow !== undefined && (period_ms === 0 || newPeriod)) {
      slideshow.close();
      this.#slideshows.delete(consumer);
      this.#paused.add(consumer);
    }
    if (period_ms > 0) {
      if (!this.#slideshows.has(consumer)) {
        const components = { clock: this.#clock, consumer };
        this.#slideshows.set(consumer, Slideshow.create(components, { period_ms }));
      }
    } else if (muted && !this.#paused.has(consumer)) {
      this.#paused.add(consumer);
      quietly(consumer.pause());
    } else if (!muted && this.#paused.delete(consumer)) {
      quietly(consumer.resume());
    }
  }
}

/** A consumer whose track has just ended cannot be told, and need not be. */
function quietly(step: Promise<void>): void {
  step.catch(() => undefined);
}
