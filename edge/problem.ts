import type { RizomaError } from '../protocol/errors.ts';
import { challenges } from '../protocol/credentials.ts';
import type { Problem } from '../protocol/contracts/rest.ts';

const defaults = {
  /** By then a node that was lost has lost its lease as well, and is asked no more. */
  retryAfter_s: 5,
} as const;

/** An error as the edge answers it (RFC 9457, section 3), with its code. */
export function problemOf(error: RizomaError, requestId: string): Problem {
  const { code, http: status, message: detail, details } = error;
  const title = code.replaceAll('_', ' ');
  const problem = { type: `urn:rizoma:error:${code}`, title, status, detail, code, requestId };
  return details === undefined ? problem : { ...problem, details };
}

export function problemResponse(error: RizomaError, requestId: string): Response {
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  // Whoever is told that it may work later is told when (RFC 9110, section 15.6.4).
  const later_s = error.http >= 500 && error.retryable ? defaults.retryAfter_s : undefined;
  const retryAfter_s = error.retryAfter_s ?? later_s;
  if (retryAfter_s !== undefined) {
    headers.set('retry-after', String(retryAfter_s));
  }
  if (error.code === 'unauthorized') {
    headers.set('www-authenticate', challenges);
  }
  return new Response(JSON.stringify(problemOf(error, requestId)), { status: error.http, headers });
}
