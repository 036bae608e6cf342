/**
 * Runs what concerns one key in the order in which it was asked for, one after the other. Calls of one
 * object to another may overtake each other; news of one room must not.
 */
export class InOrder {
  readonly #last = new Map<string, Promise<void>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const outcome = this.idle(key).then(task);
    const done = outcome.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, done);
    void done.then(() => {
      if (this.#last.get(key) === done) {
        this.#last.delete(key);
      }
    });
    return outcome;
  }

  /** Resolves when what was asked for so far is done. */
  idle(key: string): Promise<void> {
    return this.#last.get(key) ?? Promise.resolve();
  }
}
