import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { withTimeout } from './with-timeout.ts';

export interface SerialQueueOptions {
  /** Tasks that wait; past it a task is refused with `overloaded`. */
  waiting: number;
  /** How long one task may take, so that one without an end does not hold up the rest. */
  task_ms: number;
}

/**
 * Runs tasks one after another, in order: a peer connection takes one offer or answer at a time
 * (RFC 8829, section 3.2). A task that fails does not harm the next.
 */
export class SerialQueue {
  readonly #clock: Clock;
  readonly #options: SerialQueueOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(components: { clock: Clock }, options: SerialQueueOptions) {
    this.#clock = components.clock;
    this.#options = options;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#options.waiting) {
      return Promise.reject(new RizomaError('overloaded', 'too many negotiations are waiting'));
    }
    this.#waiting += 1;
    const result = this.#last.then(() => this.#turn(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Tasks that have not begun are refused with `cancelled`. */
  close(): void {
    this.#closed = true;
  }

  async #turn<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting -= 1;
    if (this.#closed) {
      throw new RizomaError('cancelled', 'the connection was closed');
    }
    return withTimeout(this.#clock, this.#options.task_ms, 'a negotiation', task());
  }
}
