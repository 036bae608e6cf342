import { RizomaError } from '../../protocol/errors.ts';

interface Line {
  last: Promise<void>;
  waiting: number;
}

/**
 * Runs what concerns one key in the order in which it was asked for, one after the other. Calls of one
 * object to another may overtake each other; news of one room must not.
 */
export class InOrder {
  readonly #lines = new Map<string, Line>();
  readonly #limit: number;

  /** `limit`: how many may wait for one key. */
  constructor(options: { limit: number }) {
    this.#limit = options.limit;
  }

  /** Rejects with `overloaded` where too many wait. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (line.waiting >= this.#limit) {
      throw new RizomaError('overloaded', `${line.waiting} calls wait for ${key}`);
    }
    this.#lines.set(key, line);
    line.waiting += 1;
    const outcome = line.last.then(task);
    line.last = outcome.then(
      () => this.#done(key, line),
      () => this.#done(key, line),
    );
    return await outcome;
  }

  /** Resolves when what was asked for so far is done. */
  async idle(key: string): Promise<void> {
    await this.#lines.get(key)?.last;
  }

  #done(key: string, line: Line): void {
    line.waiting -= 1;
    if (line.waiting === 0) {
      this.#lines.delete(key);
    }
  }
}
