/** Typed events: `M` maps each event's name to what it carries. */
export class Emitter<M extends object> {
  readonly #listeners: { [K in keyof M]?: Set<(payload: M[K]) => void> } = {};

  /** Calls the listener at each such event; the answer takes it off again. */
  on<K extends keyof M>(event: K, listener: (payload: M[K]) => void): () => void {
    const listeners = this.#listeners[event] ?? new Set();
    this.#listeners[event] = listeners;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  protected emit<K extends keyof M>(event: K, payload: M[K]): void {
    for (const listener of [...(this.#listeners[event] ?? [])]) {
      try {
        listener(payload);
      } catch (error) {
        // A listener's mistake is shown as uncaught, and keeps neither us nor the others from going on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
