interface Waiting<T> {
  readonly labels: readonly string[];
  readonly kinds: readonly string[];
  readonly arrived: PromiseWithResolvers<T>;
}

interface Arrived<T> {
  readonly media: T;
  readonly kinds: Set<string>;
}

/**
 * Which kinds of track are there of which stream. Tracks may come before somebody asks for them:
 * an offer overtakes the answer to `subscribe`.
 */
export class Arrivals<T> {
  readonly #arrived = new Map<string, Arrived<T>>();
  readonly #waiting = new Set<Waiting<T>>();

  add(label: string, kind: string, media: T): void {
    const kinds = this.#arrived.get(label)?.kinds ?? new Set();
    this.#arrived.set(label, { media, kinds: kinds.add(kind) });
    for (const waiting of this.#waiting) {
      this.#settle(waiting);
    }
  }

  remove(label: string, kind: string): void {
    const arrived = this.#arrived.get(label);
    arrived?.kinds.delete(kind);
    if (arrived?.kinds.size === 0) {
      this.#arrived.delete(label);
    }
  }

  /** Settles the promise once all the kinds are there under one of the labels; the answer stops it. */
  wait(
    labels: readonly string[],
    kinds: readonly string[],
    arrived: PromiseWithResolvers<T>,
  ): () => void {
    const waiting = { labels, kinds, arrived };
    this.#waiting.add(waiting);
    this.#settle(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  end(error: Error): void {
    for (const { arrived } of this.#waiting) {
      arrived.reject(error);
    }
    this.#waiting.clear();
    this.#arrived.clear();
  }

  #settle({ labels, kinds, arrived }: Waiting<T>): void {
    for (const label of labels) {
      const there = this.#arrived.get(label);
      if (there !== undefined && kinds.every((kind) => there.kinds.has(kind))) {
        arrived.resolve(there.media);
      }
    }
  }
}
