import * as v from 'valibot';
import type { HttpRoute } from './http-contract.ts';

/**
 * What a JWT of a service may be limited to: to read, to make and revoke tokens of rooms, or to all that changes rooms and
 * what is in them. Whatever is the superservice's alone, and a service's key, is in none of them.
 */
export const scopes = ['read', 'tokens', 'rooms'] as const;
export type Scope = (typeof scopes)[number];

/** The claim `scope` (RFC 8693, section 4.2): names with spaces between. One that is not known is refused, not ignored. */
export const ScopeClaim = v.pipe(
  v.string(),
  v.maxLength(128),
  v.transform((text) => text.split(' ').filter((name) => name !== '')),
  v.array(v.picklist(scopes, `a scope is one of ${scopes.join(', ')}`)),
);

/** The scope that a route needs of a JWT that has any; undefined where no limited one will do. */
export function scopeOf({ path, method, row }: HttpRoute): Scope | undefined {
  if (row.caller !== 'service') {
    return undefined;
  }
  if (path.endsWith('/key')) {
    // Who has a key may sign anything with it.
    return undefined;
  }
  if (method === 'GET') {
    return 'read';
  }
  return path.endsWith('/tokens') ? 'tokens' : 'rooms';
}
