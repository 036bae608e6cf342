/** Things by their keys, and the keys of each: to find what has one of some keys costs what is found, not what there is. */
export class KeyIndex<T> {
  readonly #keys = new Map<T, Set<string>>();
  readonly #things = new Map<string, Set<T>>();

  /** These are the keys of the thing from now on. */
  set(thing: T, keys: Iterable<string>): void {
    this.remove(thing);
    for (const key of keys) {
      this.add(thing, key);
    }
  }

  /** The thing has that key beside its others. */
  add(thing: T, key: string): void {
    const keys = this.#keys.get(thing) ?? new Set();
    this.#keys.set(thing, keys.add(key));
    const things = this.#things.get(key) ?? new Set();
    this.#things.set(key, things.add(thing));
  }

  /** The thing has that key no more. */
  delete(thing: T, key: string): void {
    const keys = this.#keys.get(thing);
    keys?.delete(key);
    if (keys?.size === 0) {
      this.#keys.delete(thing);
    }
    this.#unlink(thing, key);
  }

  remove(thing: T): void {
    for (const key of this.#keys.get(thing) ?? []) {
      this.#unlink(thing, key);
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

  #unlink(thing: T, key: string): void {
    const things = this.#things.get(key);
    things?.delete(thing);
    if (things?.size === 0) {
      this.#things.delete(key);
    }
  }
}
