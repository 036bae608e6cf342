import type { JsonSchema } from './schemas.ts';
import { schemaPath } from './schemas.ts';

/** A piece of a shape: text, or the name of a schema that it refers to. */
export type Piece = string | { readonly ref: string };

/** A schema as people write shapes, `{ name: string, data?: object }`, a field a line. */
export function shapeOf(schema: JsonSchema, indent = ''): Piece[] {
  if (schema.$ref !== undefined) {
    return [{ ref: schema.$ref.slice(schemaPath.length) }];
  }
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) {
    return either.flatMap((one, index) => [
      ...(index === 0 ? [] : [' or ']),
      ...(typeof one === 'boolean' ? ['anything'] : shapeOf(one, indent)),
    ]);
  }
  if (schema.enum !== undefined) {
    return [schema.enum.map((value) => JSON.stringify(value)).join(' or ')];
  }
  if (schema.const !== undefined) {
    return [JSON.stringify(schema.const)];
  }
  switch (schema.type) {
    case 'object':
      return objectShape(schema, indent);
    case 'array':
      return ['list of ', ...partShape(schema.items, indent)];
    default:
      return [`${String(schema.type ?? 'anything')}${boundsOf(schema)}`];
  }
}

function partShape(part: unknown, indent: string): Piece[] {
  return isSchema(part) ? shapeOf(part, indent) : ['anything'];
}

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

function objectShape(schema: JsonSchema, indent: string): Piece[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) {
    return ['object'];
  }
  const inner = `${indent}  `;
  const lines = fields.flatMap(([name, field]) => {
    const isRequired = schema.required?.includes(name) === true;
    const hasDefault = isSchema(field) && field.default !== undefined;
    const mark = isRequired && !hasDefault ? '' : '?';
    return [`${inner}${name}${mark}: `, ...partShape(field, inner), '\n'];
  });
  return ['{\n', ...lines, `${indent}}`];
}

/** What a text or a number is bound to, in words. */
function boundsOf({ minLength, maxLength, minimum, maximum, pattern, format }: JsonSchema): string {
  const words = [
    ...(format === undefined ? [] : [format]),
    ...(pattern === undefined ? [] : [`/${pattern}/`]),
    ...(maxLength === undefined ? [] : [`${minLength ?? 0} to ${maxLength} characters`]),
    ...rangeOf(minimum, maximum),
  ];
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}

function rangeOf(minimum: number | undefined, maximum = Number.MAX_SAFE_INTEGER): string[] {
  const isBound = maximum < Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) {
    return isBound ? [`up to ${maximum}`] : [];
  }
  return [isBound ? `${minimum} to ${maximum}` : `at least ${minimum}`];
}
