import { createMiddleware } from 'hono/factory';
import * as v from 'valibot';
import { parseCredentials } from '../../protocol/credentials.ts';
import { RoomId } from '../../protocol/ids.ts';
import type { EdgeEnv } from '../app.ts';
import { serviceOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';

/**
 * Lets only signed requests pass (Licode: `nuveAuthenticator`); the rest is `unauthorized`, answered
 * with the challenges. In the same call the service says whether the room in the path is its own.
 */
export const authenticate = createMiddleware<EdgeEnv>(async (context, next) => {
  const credentials = parseCredentials(context.req.header('authorization'));
  const room = v.safeParse(RoomId, context.req.param('room'));
  const service = serviceOf(context.env, credentials.serviceId);
  const { signer, roomIsOurs } = await valueOf(
    service.authenticate({ credentials, ...(room.success ? { roomId: room.output } : {}) }),
  );
  context.set('signer', signer);
  context.set('roomIsOurs', roomIsOurs);
  await next();
});
