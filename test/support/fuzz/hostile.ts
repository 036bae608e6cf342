import * as fc from 'fast-check';
import { valuesOf } from './shapes.ts';

/** JSON that is too deep, too wide or too long, has names that mean something to JavaScript, or numbers at borders. */

const keys = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty'],
  ...[
    'then',
    'length',
    'type',
    't',
    '',
    ' ',
    '0',
    '-1',
    'a.b',
    '\u0000',
    '\ud800',
    'x'.repeat(300),
  ],
];

const numbers = [
  ...[
    0,
    -0,
    -1,
    0.1,
    1e308,
    5e-324,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 63),
  ],
  ...[65_535, 65_536, 1e21],
];

const leaf = fc.constantFrom<unknown>(null, true, '', 'x', {}, [], ...numbers, ...keys);

/** Through text, so that `__proto__` is a name as any other. */
function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const text = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${text.join(',')}}`);
}

const deep = fc
  .tuple(
    fc.array(fc.constantFrom('[', ...keys), { minLength: 1, maxLength: 40, size: 'max' }),
    leaf,
  )
  .map(([levels, value]) =>
    levels.reduce<unknown>(
      (inner, level) => (level === '[' ? [inner] : objectOf([[level, inner]])),
      value,
    ),
  );

const wide = fc
  .tuple(fc.integer({ min: 1, max: 3_000 }), leaf)
  .map(([count, value]) =>
    objectOf(Array.from({ length: count }, (_, index) => [`key${index}`, value] as const)),
  );

const long = fc
  .tuple(fc.integer({ min: 1, max: 5_000 }), leaf)
  .map(([count, value]) => Array.from({ length: count }, () => value));

const longText = fc
  .tuple(
    fc.constantFrom('a', '0', ' ', '"', '\\', '\u0000', '😀', '=', ',', '\r\n'),
    fc.nat(70_000),
  )
  .map(([unit, chars]) => unit.repeat(Math.ceil(chars / unit.length)));

const traps = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...keys), leaf), { maxLength: 8, selector: ([key]) => key })
  .map(objectOf);

export const hostile: fc.Arbitrary<unknown> = fc.oneof(leaf, deep, wide, long, longText, traps);

/** Mostly what a schema wants, with something hostile in one place or beside it. */
export function hostileTo(schema: unknown): fc.Arbitrary<unknown> {
  const good = valuesOf(schema);
  const planted = fc
    .tuple(good, fc.oneof(hostile, fc.constantFrom(...keys)), fc.nat(), fc.constantFrom(...keys))
    .map(([value, trap, at, key]) => withTrap(asJson(value), trap, { at, key }));
  return fc.oneof(
    { weight: 6, arbitrary: planted },
    { weight: 2, arbitrary: good.map(asJson) },
    { weight: 2, arbitrary: hostile },
  );
}

/** As it arrives. */
function asJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** Where something can be put: in the place of a part of the value, or, as `undefined`, of all of it. */
type Place = { readonly group: object; readonly key: string } | undefined;

function withTrap(
  value: unknown,
  trap: unknown,
  { at, key }: { at: number; key: string },
): unknown {
  const places: Place[] = [undefined];
  const open: unknown[] = [value];
  for (let group = open.pop(); group !== undefined && places.length < 200; group = open.pop()) {
    if (typeof group !== 'object' || group === null) {
      continue;
    }
    for (const [name, inner] of Object.entries(group)) {
      places.push({ group, key: name });
      open.push(inner ?? undefined);
    }
    // One more than there are.
    places.push({ group, key: Array.isArray(group) ? String(group.length) : key });
  }
  const place = places[at % places.length];
  if (place === undefined) {
    return trap;
  }
  Object.defineProperty(place.group, place.key, {
    value: trap,
    ...{ enumerable: true, writable: true, configurable: true },
  });
  return value;
}

/** How large a value of JSON is. */
export interface Measure {
  readonly depth: number;
  /** Arrays, objects and what is in them. */
  readonly nodes: number;
  /** Of all texts and names. */
  readonly chars: number;
}

export function measure(value: unknown): Measure {
  let [depth, nodes, chars] = [0, 0, 0];
  let level: unknown[] = [value];
  while (level.length > 0) {
    const next: unknown[] = [];
    for (const one of level) {
      nodes += 1;
      if (typeof one === 'string') {
        chars += one.length;
      } else if (typeof one === 'object' && one !== null) {
        const names = Array.isArray(one) ? [] : Object.keys(one);
        chars += names.reduce((sum, name) => sum + name.length, 0);
        next.push(...Object.values(one));
      }
    }
    depth += level.some((one) => typeof one === 'object' && one !== null) ? 1 : 0;
    level = next;
  }
  return { depth, nodes, chars };
}

/** The value, and how often somebody has read a part of it: what a decoder costs, without a clock. */
export function counted(value: unknown): { readonly value: unknown; readonly reads: () => number } {
  let reads = 0;
  const known = new WeakMap<object, unknown>();
  const wrap = (inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null) {
      return inner;
    }
    const wrapped =
      known.get(inner) ??
      new Proxy(inner, {
        get: (target, key) => {
          reads += 1;
          // What is inherited stays as it is.
          const part: unknown = Reflect.get(target, key);
          return Object.hasOwn(target, key) ? wrap(part) : part;
        },
        ownKeys: (target) => {
          reads += 1;
          return Reflect.ownKeys(target);
        },
      });
    known.set(inner, wrapped);
    return wrapped;
  };
  return { value: wrap(value), reads: () => reads };
}
