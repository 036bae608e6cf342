import * as v from 'valibot';
import { expect, it } from 'vitest';
import { schemasOf } from '../../../edge/docs/schemas.ts';
import { shapeOf } from '../../../edge/docs/shape.ts';
import { RoomAnswer } from '../../../protocol/contracts/rest.ts';

/** The shape of a schema as one text; a reference as `<Name>`. */
function shape(schema: v.GenericSchema): string {
  return shapeOf(schemasOf({}, [schema]).of(schema))
    .map((piece) => (typeof piece === 'string' ? piece : `<${piece.ref}>`))
    .join('');
}

it.each<[v.GenericSchema, string]>([
  [v.boolean(), 'boolean'],
  [v.unknown(), 'anything'],
  [v.pipe(v.string(), v.minLength(1), v.maxLength(5)), 'string, 1 to 5 characters'],
  [v.pipe(v.string(), v.uuid()), 'string, uuid'],
  [v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 'integer, at least 0'],
  [v.pipe(v.number(), v.minValue(-90), v.maxValue(90)), 'number, -90 to 90'],
  [v.pipe(v.number(), v.maxValue(9)), 'number, up to 9'],
  [v.picklist(['a', 'b']), '"a" or "b"'],
  [v.literal(true), 'true'],
  [v.nullable(v.string()), 'string or null'],
  [v.array(RoomAnswer), 'list of <RoomAnswer>'],
  [v.record(v.string(), v.unknown()), 'object'],
  [
    v.object({ a: v.string(), b: v.optional(v.object({ c: v.optional(v.number(), 1) })) }),
    '{\n  a: string\n  b?: {\n    c?: number\n  }\n}',
  ],
])('a schema is written as people write shapes (%#)', (schema, text) => {
  expect(shape(schema)).toBe(text);
});
