import { createMiddleware } from 'hono/factory';
import * as v from 'valibot';
import { newUuid, RequestId } from '../protocol/ids.ts';
import type { EdgeEnv } from './app.ts';

/** Names the request as its caller does, where that is a name, or anew. */
export const requestId = createMiddleware<EdgeEnv>((context, next) => {
  const named = context.req.header('x-request-id');
  const isName = named !== undefined && v.is(RequestId, named);
  context.set('requestId', isName ? named : newUuid());
  return next();
});
