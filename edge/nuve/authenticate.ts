import { createMiddleware } from 'hono/factory';
import * as v from 'valibot';
import { parseCredentials } from '../../protocol/credentials.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { RoomId } from '../../protocol/ids.ts';
import type { EdgeContext, EdgeEnv } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { addressLimitsOf, addressOf } from '../limit.ts';
import type { Authentic } from '../objects/api.ts';
import { asked } from '../objects/asked.ts';
import { serviceOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';

/**
 * Lets only signed requests pass (Licode: `nuveAuthenticator`); the rest is `unauthorized`, answered
 * with the challenges. In the same call the service says whether the room in the path is its own.
 */
export const authenticate = createMiddleware<EdgeEnv>(async (context, next) => {
  const { failures } = addressLimitsOf(context.get('config'));
  const address = addressOf(context);
  failures.demand(address, context.get('began_ms'));
  try {
    const { signer, roomIsOurs, room } = await signerOf(context);
    context.set('signer', signer);
    context.set('serviceId', signer.serviceId);
    context.set('roomIsOurs', roomIsOurs);
    context.set('room', room);
  } catch (thrown) {
    if (thrown instanceof RizomaError && thrown.code === 'unauthorized') {
      failures.take(address, Date.now());
    }
    throw thrown;
  }
  await next();
});

async function signerOf(context: EdgeContext): Promise<Authentic> {
  const credentials = parseCredentials(context.req.header('authorization'));
  const service = serviceOf(context.env, credentials.serviceId);
  return await valueOf(
    service.authenticate(asked({ credentials, roomId: roomIn(context), trace: traceOf(context) })),
  );
}

/** The room in the path, if it can be one. */
function roomIn(context: EdgeContext): string | undefined {
  const room = context.req.param('room');
  return room !== undefined && v.is(RoomId, room) ? room : undefined;
}
