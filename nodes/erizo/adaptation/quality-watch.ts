import type { Cancel, Clock } from '../../../protocol/clock.ts';
import { numbers } from './numbers.ts';
import type { QualityLevel, QualityState } from './quality.ts';
import { newQuality, qualityStep } from './quality.ts';

export interface QualityOptions {
  /** The share of packets that are lost, either way; undefined where nobody says so. */
  loss: () => Promise<number | undefined>;
  isStarved: () => boolean;
  onLevel: (level: QualityLevel) => void;
}

/** Judges a connection every few seconds (Licode's `quality_level`), at the cost of one question to the worker. */
export class QualityWatch {
  readonly #clock: Clock;
  readonly #options: QualityOptions;
  #state: QualityState = newQuality;
  #stop: Cancel = () => undefined;

  private constructor(components: { clock: Clock }, options: QualityOptions) {
    this.#clock = components.clock;
    this.#options = options;
  }

  /** Begins with the first judgement about a period later, when others are judged too. */
  static create(components: { clock: Clock }, options: QualityOptions): QualityWatch {
    const watch = new QualityWatch(components, options);
    const { clock } = components;
    const { quality_ms, qualityTogether_ms } = numbers;
    watch.#stop = clock.after(qualityTogether_ms - (clock.now() % qualityTogether_ms), () => {
      watch.#stop = clock.every(quality_ms, () => void watch.#judge());
    });
    return watch;
  }

  close(): void {
    this.#stop();
  }

  async #judge(): Promise<void> {
    const { loss, isStarved, onLevel } = this.#options;
    const lost = (await loss()) ?? 0;
    const before = this.#state;
    this.#state = qualityStep(before, {
      loss: lost,
      isStarved: isStarved(),
      now_ms: this.#clock.now(),
    });
    if (this.#state.level !== before.level && this.#state.level !== -1) {
      onLevel(this.#state.level);
    }
  }
}
