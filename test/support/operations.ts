/** Counts what a step looks at: the same number on any machine, and so what tests of costs go by. */
export class Operations {
  count = 0;

  /** The same object, of which each look at a field counts. */
  watch<T extends object>(thing: T): T {
    return new Proxy(thing, {
      get: (target, key, receiver) => {
        this.count += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
  }

  /** A map of which each look counts. */
  map<K, V>(entries: Iterable<readonly [K, V]>): Map<K, V> {
    const counted = (): void => {
      this.count += 1;
    };
    return new (class extends Map<K, V> {
      override get(key: K): V | undefined {
        counted();
        return super.get(key);
      }
      override has(key: K): boolean {
        counted();
        return super.has(key);
      }
    })(entries);
  }
}

/**
 * By how much the operations grow where all that there is doubles: 2 where they follow one count, 4 where they are a
 * product of two.
 */
export async function growth(
  size: number,
  run: (size: number, operations: Operations) => unknown,
): Promise<number> {
  const counts: number[] = [];
  for (const each of [size, 2 * size]) {
    const operations = new Operations();
    await run(each, operations);
    counts.push(operations.count);
  }
  const [before = 0, after = 0] = counts;
  return after / before;
}

/** More than what follows one count, less than a product of two. */
export const linear = 2.5;
