import { createMiddleware } from 'hono/factory';
import { noRoom } from '../../protocol/http-contract.ts';
import type { EdgeEnv } from '../app.ts';

/** Lets only requests pass whose room is one of the service that signed; the rest hear Licode's words. */
export const ownRoom = createMiddleware<EdgeEnv>(async (context, next) => {
  if (!context.get('roomIsOurs')) {
    return context.text(noRoom, 404);
  }
  await next();
  return undefined;
});
