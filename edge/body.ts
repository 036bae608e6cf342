import type * as v from 'valibot';
import type { EdgeContext } from './app.ts';
import { parseBody } from './body-text.ts';

/** The body of a request, parsed with a schema. Throws `bad_request`. */
export async function bodyOf<const S extends v.GenericSchema>(
  context: EdgeContext,
  schema: S,
): Promise<v.InferOutput<S>> {
  const text = decoder.decode(await context.req.raw.arrayBuffer());
  return parseBody({ text, type: context.req.header('content-type') ?? '' }, schema);
}

/** The platform's own `text()` writes the type of a body that it does not like into the log. */
const decoder = new TextDecoder();
