import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { RizomaError, toRizomaError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { EdgeEnv } from './app.ts';
import { configOf } from './config.ts';
import { demoOnly, postDemoToken } from './join/demo.ts';
import { postJoin } from './join/join.ts';
import { getNodeLink } from './join/node-link.ts';
import { getRegions } from './join/regions.ts';
import { createLog } from './log.ts';
import { authenticate } from './nuve/authenticate.ts';
import { postRoom } from './nuve/rooms.ts';
import { postToken } from './nuve/tokens.ts';
import { problemResponse } from './problem.ts';

export { Mesh } from './objects/mesh.ts';
export { Node } from './objects/node.ts';
export { Room } from './objects/room.ts';
export { Service } from './objects/service.ts';
export { Services } from './objects/services.ts';

const log = createLog({ object: 'worker' });

/** Not strict: Licode's clients end their paths with a slash. */
const app = new Hono<EdgeEnv>({ strict: false });

app.use(requestId());
app.use(cors({ origin: '*', exposeHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate'] }));
app.use(async (context, next) => {
  context.set('config', configOf(context.env));
  await next();
});
app.use(
  bodyLimit({
    maxSize: limits.restBody_bytes,
    onError: () => {
      throw new RizomaError('too_large', `a body has up to ${limits.restBody_bytes} bytes`);
    },
  }),
);

app.get('/healthz', (context) => context.json({ status: 'ok' }));
app.get('/regions', getRegions);
app.get('/nodes/:nodeId/link', getNodeLink);
app.post('/join', postJoin);
app.use('/demo/*', demoOnly);
app.post('/demo/token', postDemoToken);
app.post('/rooms', authenticate, postRoom);
app.post('/rooms/:room/tokens', authenticate, postToken);

for (const { path, allow } of [
  { path: '/healthz', allow: 'GET' },
  { path: '/regions', allow: 'GET' },
  { path: '/nodes/:nodeId/link', allow: 'GET' },
  { path: '/join', allow: 'POST' },
  { path: '/demo/token', allow: 'POST' },
  { path: '/rooms', allow: 'POST' },
  { path: '/rooms/:room/tokens', allow: 'POST' },
]) {
  app.all(path, (context) => {
    context.header('allow', allow);
    const { method } = context.req;
    return problemResponse(
      new RizomaError('method_not_allowed', `${path} takes ${allow}, not ${method}`),
    );
  });
}

app.notFound((context) =>
  problemResponse(new RizomaError('not_found', `there is nothing at ${context.req.path}`)),
);
app.onError((thrown, context) => {
  const error = toRizomaError(thrown);
  if (error.code === 'internal') {
    log.error('a request failed', thrown, {
      requestId: context.get('requestId'),
      method: context.req.method,
      path: context.req.path,
    });
  }
  return problemResponse(error);
});

export default app;
