import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';

/** Says at intervals that this side lives, and notices when the other has kept silent for too long. */
export class Pulse {
  readonly #clock: Clock;
  #heardAt_ms: number;
  readonly #stop: Cancel;

  private constructor(clock: Clock, on: { beat: () => void; silent: () => void }) {
    this.#clock = clock;
    this.#heardAt_ms = clock.now();
    this.#stop = clock.every(limits.linkPing_ms, () => {
      if (clock.now() - this.#heardAt_ms > limits.linkSilence_ms) {
        on.silent();
      } else {
        on.beat();
      }
    });
  }

  static start(clock: Clock, on: { beat: () => void; silent: () => void }): Pulse {
    return new Pulse(clock, on);
  }

  heard(): void {
    this.#heardAt_ms = this.#clock.now();
  }

  stop(): void {
    this.#stop();
  }
}
