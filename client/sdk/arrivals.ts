interface Waiting<T> {
  readonly streamId: string;
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

  add(streamId: string, kind: string, media: T): void {
    const kinds = this.#arrived.get(streamId)?.kinds ?? new Set();
    this.#arrived.set(streamId, { media, kinds: kinds.add(kind) });
    for (const waiting of this.#waiting) {
      this.#settle(waiting);
    }
  }

  remove(streamId: string, kind: string): void {
    const arrived = this.#arrived.get(streamId);
    arrived?.kinds.delete(kind);
    if (arrived?.kinds.size === 0) {
      this.#arrived.delete(streamId);
    }
  }

  /** Settles the promise once all the kinds are there of the stream; the answer stops it. */
  wait(streamId: string, kinds: readonly string[], arrived: PromiseWithResolvers<T>): () => void {
    const waiting = { streamId, kinds, arrived };
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

  #settle({ streamId, kinds, arrived }: Waiting<T>): void {
    const there = this.#arrived.get(streamId);
    if (there !== undefined && kinds.every((kind) => there.kinds.has(kind))) {
      arrived.resolve(there.media);
    }
  }
}
