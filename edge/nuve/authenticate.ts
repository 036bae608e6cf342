import { createMiddleware } from 'hono/factory';
import * as v from 'valibot';
import { RizomaError } from '../../protocol/errors.ts';
import { RoomId } from '../../protocol/ids.ts';
import { parseMAuth } from '../../protocol/mauth.ts';
import type { EdgeEnv } from '../app.ts';
import { serviceOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';

/**
 * Lets only signed requests pass (Licode: `nuveAuthenticator`); the rest is `unauthorized`, answered
 * with the challenge. In the same call the service says whether the room in the path is its own.
 */
export const authenticate = createMiddleware<EdgeEnv>(async (context, next) => {
  const header = context.req.header('authorization');
  if (header === undefined) {
    throw new RizomaError('unauthorized', 'sign the request: Authorization: MAuth realm=…');
  }
  const mauth = parseMAuth(header);
  const room = v.safeParse(RoomId, context.req.param('room'));
  const service = serviceOf(context.env, mauth.serviceid);
  const { roomIsOurs } = await valueOf(
    service.authenticate({ mauth, ...(room.success ? { roomId: room.output } : {}) }),
  );
  context.set('mauth', mauth);
  context.set('roomIsOurs', roomIsOurs);
  await next();
});
