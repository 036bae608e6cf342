import type { Clock } from '../../protocol/clock.ts';

const defaults = {
  /** Longer than a busy isolate takes to hear an object's answer, and shorter than a client waits. */
  patience_ms: 5_000,
} as const;

/**
 * One answer for all who ask the same at the same time. Whoever asks first may be a request that its
 * client cuts off, and the answer never comes then: the others lose patience and ask anew, again as one.
 */
export class Shared<T> {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #asked = new Map<string, Promise<T>>();

  constructor(components: { clock: Pick<Clock, 'after'> }) {
    this.#clock = components.clock;
  }

  async ask(what: string, run: () => Promise<T>): Promise<T> {
    for (;;) {
      const asked = this.#asked.get(what);
      if (asked === undefined) {
        return await this.#first(what, run);
      }
      const answer = await this.#patiently(asked);
      if (answer !== undefined) {
        return answer.value;
      }
      this.#forget(what, asked);
    }
  }

  async #first(what: string, run: () => Promise<T>): Promise<T> {
    const asked = run();
    this.#asked.set(what, asked);
    try {
      return await asked;
    } finally {
      this.#forget(what, asked);
    }
  }

  /** Undefined where it takes too long. */
  async #patiently(asked: Promise<T>): Promise<{ value: T } | undefined> {
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#clock.after(defaults.patience_ms, () => late.resolve(undefined));
    try {
      return await Promise.race([asked.then((value) => ({ value })), late.promise]);
    } finally {
      cancel();
    }
  }

  #forget(what: string, asked: Promise<T>): void {
    if (this.#asked.get(what) === asked) {
      this.#asked.delete(what);
    }
  }
}
