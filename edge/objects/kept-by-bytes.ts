/** What is kept by key as far as all of it together is no larger than that; the eldest goes first. */
export class KeptByBytes<T> {
  readonly #most_bytes: number;
  /** The one that was put first is the first. */
  readonly #kept = new Map<string, { value: T; bytes: number }>();
  #bytes = 0;

  constructor(options: { most_bytes: number }) {
    this.#most_bytes = options.most_bytes;
  }

  get(key: string): T | undefined {
    return this.#kept.get(key)?.value;
  }

  put(key: string, value: T, bytes: number): void {
    this.#remove(key);
    if (bytes > this.#most_bytes) {
      return;
    }
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const eldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most_bytes) {
        return;
      }
      this.#remove(eldest);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
