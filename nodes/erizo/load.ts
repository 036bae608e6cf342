import type { Clock } from '../../protocol/clock.ts';
import type { ErizoLoad } from '../../protocol/contracts/controller-agent.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import type { Engine } from './engine.ts';

export type Counted = Pick<ErizoCounters, 'clients' | 'publishers' | 'subscribers'>;

/** Measures how busy the process is, from one measurement to the next. */
export class LoadMeter {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #processCpu_ms: () => number;
  #last: { at_ms: number; cpu_ms: number } | undefined;

  constructor(components: { engine: Engine; clock: Clock; processCpu_ms: () => number }) {
    this.#engine = components.engine;
    this.#clock = components.clock;
    this.#processCpu_ms = components.processCpu_ms;
  }

  async measure(counted: Counted): Promise<ErizoLoad> {
    const cpu_ms = this.#processCpu_ms() + (await this.#engine.cpu_ms());
    const at_ms = this.#clock.now();
    const last = this.#last ?? { at_ms: at_ms - 1, cpu_ms };
    this.#last = { at_ms, cpu_ms };
    const share = (cpu_ms - last.cpu_ms) / Math.max(1, at_ms - last.at_ms);
    return {
      clients: counted.clients,
      publishers: counted.publishers,
      subscribers: counted.subscribers,
      pipes: this.#engine.pipes,
      consumers: this.#engine.consumers,
      // Two digits: what is finer is noise, and would be told each second.
      cpu: Math.max(0, Math.round(share * 100) / 100),
    };
  }
}
