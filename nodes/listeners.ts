import type { Log } from './log.ts';

/** Who is told when something changes. One that fails is logged, and the others are told all the same. */
export class Listeners {
  readonly #log: Log;
  readonly #what: string;
  readonly #listeners = new Set<() => void>();

  constructor(components: { log: Log }, options: { what: string }) {
    this.#log = components.log;
    this.#what = options.what;
  }

  /** The answer ends that. */
  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    // Of a copy: a listener may add others, or end.
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (thrown) {
        this.#log.error({ err: thrown, what: this.#what }, 'a listener to a change failed');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
