import * as v from 'valibot';
import type { ErrorCode } from './errors.ts';
import { clipped, RizomaError } from './errors.ts';

/** Parses what came from outside, or throws an error that names the first field that is wrong. */
export function parse<const S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  what: string,
  code: ErrorCode = 'bad_request',
): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) {
    return result.output;
  }
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new RizomaError(code, `${what}${path === null ? '' : `.${path}`}: ${issue.message}`, {
    details: path === null ? {} : { path: clipped(path) },
  });
}

/** Parses JSON text with a schema; text that is not JSON is a `bad_request` too. */
export function parseJson<const S extends v.GenericSchema>(
  schema: S,
  text: string,
  what: string,
  code: ErrorCode = 'bad_request',
): v.InferOutput<S> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    throw new RizomaError(code, `${what} is not JSON`);
  }
  return parse(schema, input, what, code);
}
