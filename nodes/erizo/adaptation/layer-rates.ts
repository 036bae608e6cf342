import type { Clock } from '../../../protocol/clock.ts';
import type { LayerRate, Producer } from '../media.ts';
import { numbers } from './numbers.ts';

/**
 * The bitrates of the layers of tracks. Many connections look at one track: the worker is asked once in
 * each period.
 */
export class LayerRates {
  readonly #clock: Clock;
  readonly #read = new WeakMap<Producer, { at_ms: number; rates: Promise<readonly LayerRate[]> }>();

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** None of a track that has just ended. */
  of(producer: Producer): Promise<readonly LayerRate[]> {
    const now_ms = this.#clock.now();
    const known = this.#read.get(producer);
    if (known !== undefined && now_ms - known.at_ms < numbers.look_ms / 2) {
      return known.rates;
    }
    const rates = producer.layers().catch(() => []);
    this.#read.set(producer, { at_ms: now_ms, rates });
    return rates;
  }
}
