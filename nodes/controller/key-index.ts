/** Things by their keys, and the keys of each: to find what has one of some keys costs what is found, not what there is. */
export class KeyIndex<T> {
  readonly #keys = new Map<T, ReadonlySet<string>>();
  readonly #things = new Map<string, Set<T>>();

  /** These are the keys of the thing from now on. */
  set(thing: T, keys: Iterable<string>): void {
    this.remove(thing);
    const own = new Set(keys);
    this.#keys.set(thing, own);
    for (const key of own) {
      const things = this.#things.get(key) ?? new Set();
      this.#things.set(key, things.add(thing));
    }
  }

  remove(thing: T): void {
    for (const key of this.#keys.get(thing) ?? []) {
      const things = this.#things.get(key);
      things?.delete(thing);
      if (things?.size === 0) {
        this.#things.delete(key);
      }
    }
    this.#keys.delete(thing);
  }

  /** Empty for what is not here. */
  keysOf(thing: T): ReadonlySet<string> {
    return this.#keys.get(thing) ?? new Set();
  }

  /** What has at least one of the keys. */
  withAny(keys: Iterable<string>): Set<T> {
    const found = new Set<T>();
    for (const key of keys) {
      for (const thing of this.#things.get(key) ?? []) {
        found.add(thing);
      }
    }
    return found;
  }
}
