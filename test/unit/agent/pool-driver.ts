import type { ErizoLoad } from '../../../protocol/contracts/controller-agent.ts';
import { stepPool } from '../../../nodes/agent/erizo-pool.ts';
import type {
  PoolEffect,
  PoolEvent,
  PoolOptions,
  PoolState,
  Slot,
} from '../../../nodes/agent/pool-state.ts';
import { emptyPool } from '../../../nodes/agent/pool-state.ts';

export const quiet: ErizoLoad = {
  clients: 0,
  publishers: 0,
  subscribers: 0,
  pipes: 0,
  consumers: 0,
  cpu: 0,
};

export function busy(subscribers: number): ErizoLoad {
  return { clients: 1, publishers: 0, subscribers, pipes: 0, consumers: 0, cpu: 0.1 };
}

/** A pool, its time and the ids it gives: `e1`, `e2`, and so on. */
export class PoolDriver {
  state: PoolState = emptyPool;
  now_ms = 1_000_000;
  readonly options: PoolOptions;
  #ids = 0;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  /** One whose first processes have registered. */
  static ready(options: PoolOptions): PoolDriver {
    const pool = new PoolDriver(options);
    for (const effect of pool.step({ is: 'tick' })) {
      if (effect.do === 'start') {
        pool.register(effect.erizoId);
      }
    }
    return pool;
  }

  step(event: PoolEvent): PoolEffect[] {
    const newId = (): string => `e${(this.#ids += 1)}`;
    const turn = stepPool(this.state, event, { now_ms: this.now_ms, newId }, this.options);
    this.state = turn.state;
    return turn.effects;
  }

  pass(time_ms: number): PoolEffect[] {
    this.now_ms += time_ms;
    return this.step({ is: 'tick' });
  }

  ask(requestId: number, except: string[] = [], wait_ms = 10_000): PoolEffect[] {
    return this.step({ is: 'asked', requestId, except, deadline_ms: this.now_ms + wait_ms });
  }

  register(erizoId: string, load: ErizoLoad = quiet): PoolEffect[] {
    return this.step({ is: 'registered', erizoId, load });
  }

  load(erizoId: string, load: ErizoLoad): PoolEffect[] {
    return this.step({ is: 'load', erizoId, load });
  }

  exit(erizoId: string): PoolEffect[] {
    return this.step({ is: 'exited', erizoId });
  }

  kinds(): Record<string, Slot['is']> {
    return Object.fromEntries([...this.state.slots].map(([id, slot]) => [id, slot.is]));
  }
}
