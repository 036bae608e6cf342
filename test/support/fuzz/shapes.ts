import * as fc from 'fast-check';
import * as v from 'valibot';

/** What a valibot schema says of itself, as far as values can be made from it. */
const Shape = v.looseObject({
  type: v.string(),
  requirement: v.optional(v.unknown()),
  entries: v.optional(v.record(v.string(), v.unknown())),
  wrapped: v.optional(v.unknown()),
  item: v.optional(v.unknown()),
  value: v.optional(v.unknown()),
  options: v.optional(v.array(v.unknown())),
  literal: v.optional(v.unknown()),
  pipe: v.optional(v.array(v.unknown())),
});
type Shape = v.InferOutput<typeof Shape>;

/** Values that mean something here, or that are traps elsewhere. */
const words = [
  ...['eu-west', 'us-east', 'atlantis', 'true', 'false', '', 'null', '0', '-1', '1e999'],
  ...['__proto__', 'constructor', 'toString', 'a b', "' OR 1=1 --", '\u0000', '\ud800', '😀'],
  ...['https://example.test/hook', 'http://127.0.0.1/', '2026-11-22T00:00:00Z'],
];

/** Names whose values the world knows: they are put in when a request is made. */
const known: Readonly<Record<string, string>> = {
  token: '$token',
  room: '$room',
  reentry: '$reentry',
};

/** Values as a schema wants them; where it has demands that are not read here, some are not valid. */
export function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  const shape = v.parse(Shape, schema);
  switch (shape.type) {
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return objectsOf(shape);
    case 'optional':
    case 'nullish':
    case 'nullable':
    case 'exact_optional':
      return valuesOf(shape.wrapped);
    case 'string':
      return stringsOf(shape);
    case 'number':
      return numbersOf(shape);
    case 'boolean':
      return fc.boolean();
    case 'literal':
      return fc.constant(shape.literal);
    case 'picklist':
      return fc.constantFrom(...(shape.options ?? []));
    case 'union':
    case 'variant':
      return fc.oneof(...(shape.options ?? []).map(valuesOf));
    case 'array':
      return fc.array(valuesOf(shape.item), { maxLength: 4 });
    case 'record':
      return fc.dictionary(fc.string({ maxLength: 8 }), valuesOf(shape.value), { maxKeys: 4 });
    default:
      return anything;
  }
}

export const text = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

export const anything: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -0, 1e308, -1e-308, 2 ** 53, 2 ** 63, [], {}, [[]]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.nat(3_000).map(nest),
);

/** Brackets in brackets: parsers and printers that recurse have an end. */
function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) {
    value = level % 2 === 0 ? [value] : { a: value };
  }
  return value;
}

function objectsOf({ entries = {} }: Shape): fc.Arbitrary<unknown> {
  const fields = Object.entries(entries).map(([name, schema]) => {
    const values = valuesOf(schema);
    const from = known[name];
    const lively = from === undefined ? values : fc.oneof(fc.constant(from), values);
    const isOptional = v.is(v.looseObject({ wrapped: v.unknown() }), schema);
    return [name, isOptional ? fc.option(lively, { nil: undefined }) : lively] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

function stringsOf({ pipe = [] }: Shape): fc.Arbitrary<unknown> {
  const demands = pipe.flatMap((action) => (v.is(Shape, action) ? [action] : []));
  const pattern = demands.find(({ requirement }) => requirement instanceof RegExp)?.requirement;
  if (pattern instanceof RegExp && demands.some(({ type }) => type === 'regex')) {
    return fc.oneof(fc.stringMatching(pattern), fc.constantFrom(...words));
  }
  return text;
}

function numbersOf({ pipe = [] }: Shape): fc.Arbitrary<unknown> {
  const bound = (type: string, otherwise: number): number => {
    const action = pipe.find((one): one is Shape => v.is(Shape, one) && one.type === type);
    return typeof action?.requirement === 'number' ? action.requirement : otherwise;
  };
  const [min, max] = [bound('min_value', -1_000), bound('max_value', 1_000_000)];
  return fc.oneof(
    fc.integer({ min: Math.ceil(min), max: Math.floor(max) }),
    fc.double({ min, max, noNaN: true }),
  );
}
