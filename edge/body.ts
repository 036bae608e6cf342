import type * as v from 'valibot';
import { RizomaError } from '../protocol/errors.ts';
import { parse } from '../protocol/parse.ts';
import type { EdgeContext } from './app.ts';

/**
 * The body of a request, parsed with a schema. JSON, whatever its type says, or a form, as Licode's
 * server takes both; no body at all is an empty object. Throws `bad_request`.
 */
export async function bodyOf<const S extends v.GenericSchema>(
  context: EdgeContext,
  schema: S,
): Promise<v.InferOutput<S>> {
  const text = new TextDecoder().decode(await context.req.arrayBuffer());
  const type = context.req.header('content-type') ?? '';
  // curl calls a body a form unless told otherwise, and no form starts with a brace.
  const isForm = type.startsWith(formType) && !text.trimStart().startsWith('{');
  return parse(schema, isForm ? fieldsOf(text) : jsonOf(text), 'body');
}

const formType = 'application/x-www-form-urlencoded';

function jsonOf(text: string): unknown {
  if (text.trim() === '') {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new RizomaError('bad_request', 'the body is not JSON');
  }
}

/** `name=x&options[p2p]=true` as `{ name: 'x', options: { p2p: 'true' } }`: one level deep. */
function fieldsOf(text: string): unknown {
  const fields = new Map<string, unknown>();
  const nested = new Map<string, Map<string, string>>();
  for (const [name, value] of new URLSearchParams(text)) {
    const [, outer, inner] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) {
      fields.set(name, value);
      continue;
    }
    const group = nested.get(outer) ?? new Map<string, string>();
    nested.set(outer, group.set(inner, value));
  }
  for (const [name, group] of nested) {
    fields.set(name, Object.fromEntries(group));
  }
  return Object.fromEntries(fields);
}
