import { createMiddleware } from 'hono/factory';
import { DemoTokenRequest } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import type { EdgeContext, EdgeEnv } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import { makeRoom, makeToken } from '../objects/make.ts';
import { originOf, placeOfRequest } from '../origin.ts';

/** Where the demo is not switched on there is nothing, whatever the method. */
export const demoOnly = createMiddleware<EdgeEnv>(async (context, next) => {
  if (!context.get('config').demo) {
    return await context.notFound();
  }
  await next();
  return undefined;
});

/** `POST /demo/token`: a presenter's token for a room by its name, for whoever asks. */
export async function postDemoToken(context: EdgeContext): Promise<Response> {
  const { env } = context;
  const config = context.get('config');
  const { room: roomName, name: userName, region } = await bodyOf(context, DemoTokenRequest);
  const parts = { env, config, trace: traceOf(context) };
  const { _id } = await makeRoom(parts, {
    serviceId: config.superservice.id,
    room: { name: roomName },
    getOrCreate: true,
    near: placeOfRequest(context),
  });
  context.set('made', { roomId: _id });
  const token = await makeToken(parts, _id, {
    userName,
    role: 'presenter',
    pin: region === undefined ? {} : { allow: [region] },
    location: undefined,
    caller: placeOfRequest(context),
    ttl_s: limits.token_ttl_s,
    uses: 1,
    edge: originOf(context),
  });
  return context.json({ token });
}
