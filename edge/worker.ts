import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { RizomaError, toRizomaError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { EdgeContext, EdgeEnv } from './app.ts';
import { configOf } from './config.ts';
import { demoOnly, postDemoToken } from './join/demo.ts';
import { postJoin } from './join/join.ts';
import { getNodeLink } from './join/node-link.ts';
import { getRegions } from './join/regions.ts';
import { createLog } from './log.ts';
import { authenticate } from './nuve/authenticate.ts';
import { ownRoom } from './nuve/own-room.ts';
import { deleteRoom, getRoom, patchRoom, putRoom } from './nuve/room.ts';
import { postExplain } from './nuve/placements.ts';
import { getRooms, postRoom } from './nuve/rooms.ts';
import {
  deleteService,
  getService,
  getServices,
  postService,
  superserviceOnly,
} from './nuve/services.ts';
import { postToken } from './nuve/tokens.ts';
import { deleteUser, getUser, getUsers, partialHeader } from './nuve/users.ts';
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
app.use(
  cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposeHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate', partialHeader],
  }),
);
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

app.use('/demo/*', demoOnly);

type Handler = (context: EdgeContext) => Response | Promise<Response>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface Path {
  readonly takes: Partial<Record<Method, Handler>>;
  /** What every request has to pass first. */
  readonly after?: MiddlewareHandler<EdgeEnv>[];
}

const health: Handler = (context) => context.json({ status: 'ok' });
const bySignature = [authenticate];
const byOwner = [authenticate, ownRoom];
const bySuperservice = [authenticate, superserviceOnly];
const paths: Readonly<Record<string, Path>> = {
  '/healthz': { takes: { GET: health } },
  '/regions': { takes: { GET: getRegions } },
  '/nodes/:nodeId/link': { takes: { GET: getNodeLink } },
  '/join': { takes: { POST: postJoin } },
  '/demo/token': { takes: { POST: postDemoToken } },
  '/rooms': { after: bySignature, takes: { GET: getRooms, POST: postRoom } },
  '/rooms/:room': {
    after: byOwner,
    takes: { GET: getRoom, PUT: putRoom, PATCH: patchRoom, DELETE: deleteRoom },
  },
  '/rooms/:room/tokens': { after: byOwner, takes: { POST: postToken } },
  '/rooms/:room/users': { after: byOwner, takes: { GET: getUsers } },
  '/rooms/:room/users/:user': { after: byOwner, takes: { GET: getUser, DELETE: deleteUser } },
  '/services': { after: bySuperservice, takes: { GET: getServices, POST: postService } },
  '/services/:service': {
    after: bySuperservice,
    takes: { GET: getService, DELETE: deleteService },
  },
  '/placements/explain': { after: bySuperservice, takes: { POST: postExplain } },
};

for (const [path, { takes, after = [] }] of Object.entries(paths)) {
  for (const [method, handler] of Object.entries(takes)) {
    app.on(method, [path], ...after, handler);
  }
  // Where there is GET there is HEAD, which the router answers from it.
  const allow = Object.keys(takes).join(', ').replace('GET', 'GET, HEAD');
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
