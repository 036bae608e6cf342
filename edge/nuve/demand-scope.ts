import { createMiddleware } from 'hono/factory';
import { RizomaError } from '../../protocol/errors.ts';
import type { Scope } from '../../protocol/scope.ts';
import type { EdgeEnv } from '../app.ts';

/** Lets a request pass whose JWT is not limited, or is limited to that scope among others; the rest is `forbidden`. */
export function demandScope(needed: Scope | undefined) {
  return createMiddleware<EdgeEnv>(async (context, next) => {
    const { scope } = context.get('signer');
    if (scope !== undefined && (needed === undefined || !scope.includes(needed))) {
      const what =
        needed === undefined ? 'no JWT with a scope may do this' : `it lacks "${needed}"`;
      throw new RizomaError('forbidden', `the scope of the JWT does not allow this: ${what}`);
    }
    await next();
  });
}
