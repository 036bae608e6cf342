import type { Next } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { RizomaError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { EdgeContext } from './app.ts';

function refuse(): never {
  throw new RizomaError('too_large', `a body has up to ${limits.restBody_bytes} bytes`);
}

/** Reads what comes without saying how long it is. */
const counted = bodyLimit({ maxSize: limits.restBody_bytes, onError: refuse });

/**
 * Refuses longer bodies with `too_large`. One that says its length has it (RFC 9112, section 6.2), and need
 * not be touched to know it: to look at the stream of a body costs as much as to read it.
 */
export function limitBody(context: EdgeContext, next: Next) {
  const { req } = context;
  // Of these methods nobody reads a body.
  if (req.method === 'GET' || req.method === 'HEAD') {
    return next();
  }
  const length_bytes = req.header('content-length');
  if (length_bytes === undefined || req.header('transfer-encoding') !== undefined) {
    return counted(context, next);
  }
  return Number(length_bytes) > limits.restBody_bytes ? refuse() : next();
}
