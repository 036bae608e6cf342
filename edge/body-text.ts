import type * as v from 'valibot';
import { RizomaError } from '../protocol/errors.ts';
import { checkNesting } from '../protocol/nesting.ts';
import { parse } from '../protocol/parse.ts';

/**
 * A body as it came, parsed with a schema. JSON, whatever its type says, or a form, as Licode's server takes both; no
 * body at all is an empty object. Throws `bad_request`.
 */
export function parseBody<const S extends v.GenericSchema>(
  { text, type }: { text: string; type: string },
  schema: S,
): v.InferOutput<S> {
  // curl calls a body a form unless told otherwise, and no form starts with a brace.
  const isForm = type.startsWith(formType) && !text.trimStart().startsWith('{');
  return parse(schema, isForm ? fieldsOf(text) : jsonOf(text), 'body');
}

const formType = 'application/x-www-form-urlencoded';

/** An escape of JSON that may be half of a pair, which is no character and cannot be sent on as UTF-8. */
const halfPair = /\\u[dD][89a-fA-F]/;

/** With the sign for a character that is none, as decoders of UTF-8 put it. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function jsonOf(text: string): unknown {
  if (text.trim() === '') {
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RizomaError('bad_request', 'the body is not JSON');
  }
  checkNesting(value, 'the body');
  // A reviver recurses, so it only sees what is not nested deep.
  return halfPair.test(text) ? JSON.parse(text, wellFormed) : value;
}

/** Fields of a form: texts, and groups of them by name. */
type Fields = Map<string, string | Fields>;

const defaults = {
  /** Names in one key of a form; Licode's server reads as many before it gives up. */
  formDepth: 5,
} as const;

/** `name=x&options[data][a]=1` as `{ name: 'x', options: { data: { a: '1' } } }`. */
function fieldsOf(text: string): unknown {
  const fields: Fields = new Map();
  for (const [key, value] of new URLSearchParams(text)) {
    const names = namesOf(key);
    const last = names.pop() ?? key;
    groupAt(fields, names)?.set(last, value);
  }
  return plain(fields);
}

/** `a[b][c]` as `a`, `b`, `c`; a key that is built otherwise, or too deep, is one name. */
function namesOf(key: string): string[] {
  const names = /^[^[\]]+(?:\[[^[\]]+\])+$/.test(key) ? key.replaceAll(']', '').split('[') : [key];
  return names.length > defaults.formDepth ? [key] : names;
}

/** Undefined where a text stands in the way, which then stays. */
function groupAt(fields: Fields, names: readonly string[]): Fields | undefined {
  let group = fields;
  for (const name of names) {
    const inner = group.get(name) ?? new Map();
    if (typeof inner === 'string') {
      return undefined;
    }
    group.set(name, inner);
    group = inner;
  }
  return group;
}

function plain(fields: Fields): Record<string, unknown> {
  const entries = [...fields].map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? value : plain(value),
  ]);
  return Object.fromEntries(entries);
}
