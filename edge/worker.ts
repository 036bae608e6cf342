import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { H } from 'hono/types';
import { assertNever } from '../protocol/assert-never.ts';
import type { ForEachRoute } from '../protocol/contracts/http-api/index.ts';
import { httpApi } from '../protocol/contracts/http-api/index.ts';
import { RizomaError, toRizomaError } from '../protocol/errors.ts';
import type { HttpRoute } from '../protocol/http-contract.ts';
import { isAboutOwnRoom, routesOf } from '../protocol/http-contract.ts';
import { scopeOf } from '../protocol/scope.ts';
import { logAnswer, traceOf } from './access-log.ts';
import { setAnswerHeaders } from './answer-headers.ts';
import type { EdgeContext, EdgeEnv } from './app.ts';
import { auditChange } from './audit.ts';
import { configOf } from './config.ts';
import { getDocs, getOpenApi } from './docs/get-docs.ts';
import { demoOnly, postDemoToken } from './join/demo.ts';
import { postJoin } from './join/join.ts';
import { getNodeLink } from './join/node-link.ts';
import { getRegions } from './join/regions.ts';
import { postRejoin } from './join/rejoin.ts';
import { limitAddress } from './limit.ts';
import { refuseDots } from './refuse-dots.ts';
import { limitBody } from './limit-body.ts';
import { createLog } from './log.ts';
import { authenticate } from './nuve/authenticate.ts';
import { demandScope } from './nuve/demand-scope.ts';
import { ownRoom } from './nuve/own-room.ts';
import { deleteDrain, deleteNode, getNode, getNodes, postDrain } from './nuve/nodes.ts';
import { deleteRoom, getRoom, patchRoom, putRoom } from './nuve/room.ts';
import { postExplain } from './nuve/placements.ts';
import { getRooms, postRoom } from './nuve/rooms.ts';
import {
  deleteService,
  getService,
  getServices,
  postService,
  putServiceKey,
  superserviceOnly,
} from './nuve/services.ts';
import { deleteTokens, postToken } from './nuve/tokens.ts';
import { deleteUser, getUser, getUsers } from './nuve/users.ts';
import {
  deleteWebhook,
  getDeadEvents,
  getWebhook,
  postDeadEventRetry,
  putWebhook,
} from './nuve/webhook.ts';
import { problemResponse } from './problem.ts';
import { requestIdOf } from './request-id.ts';

export { Mesh } from './objects/mesh.ts';
export { Node } from './objects/node.ts';
export { Room } from './objects/room.ts';
export { Service } from './objects/service.ts';
export { Services } from './objects/services.ts';

const log = createLog({ object: 'worker' });

/** Not strict: Licode's clients end paths of lists with a slash. */
const app = new Hono<EdgeEnv>({ strict: false });

/** Around every request, all in one: a step of Hono's costs more than what these do. */
app.use(async (context, next) => {
  context.set('began_ms', Date.now());
  context.set('requestId', requestIdOf(context));
  await next();
  setAnswerHeaders(context);
  logAnswer(context);
  auditChange(context);
});
app.options(
  '*',
  cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] }),
);
app.use((context, next) => {
  context.set('config', configOf(context.env));
  limitAddress(context);
  refuseDots(context);
  return limitBody(context, next);
});

app.use('/demo/*', demoOnly);

type Handler = (context: EdgeContext) => Response | Promise<Response>;

const health: Handler = (context) => context.json({ status: 'ok' });

/** What answers each row of the contract; the compiler knows when one is missing. */
const handlers: ForEachRoute<Handler> = {
  '/healthz': { GET: health },
  '/openapi.json': { GET: getOpenApi },
  '/docs': { GET: getDocs },
  '/regions': { GET: getRegions },
  '/nodes/:nodeId/link': { GET: getNodeLink },
  '/join': { POST: postJoin },
  '/rejoin': { POST: postRejoin },
  '/demo/token': { POST: postDemoToken },
  '/rooms': { GET: getRooms, POST: postRoom },
  '/rooms/:room': { GET: getRoom, PUT: putRoom, PATCH: patchRoom, DELETE: deleteRoom },
  '/rooms/:room/tokens': { POST: postToken, DELETE: deleteTokens },
  '/rooms/:room/users': { GET: getUsers },
  '/rooms/:room/users/:user': { GET: getUser, DELETE: deleteUser },
  '/services': { GET: getServices, POST: postService },
  '/services/:service': { GET: getService, DELETE: deleteService },
  '/services/:service/key': { PUT: putServiceKey },
  '/nodes': { GET: getNodes },
  '/nodes/:nodeId': { GET: getNode, DELETE: deleteNode },
  '/nodes/:nodeId/drain': { POST: postDrain, DELETE: deleteDrain },
  '/placements/explain': { POST: postExplain },
  '/webhook': { GET: getWebhook, PUT: putWebhook, DELETE: deleteWebhook },
  '/webhook/dead': { GET: getDeadEvents },
  '/webhook/dead/:event/retry': { POST: postDeadEventRetry },
};

/** What a request has to pass first; routes without a signature check their callers themselves. */
function guardsOf(route: HttpRoute): MiddlewareHandler<EdgeEnv>[] {
  switch (route.row.caller) {
    case 'anybody':
    case 'token':
    case 'node':
      return [];
    case 'service':
      return isAboutOwnRoom(route)
        ? [authenticate, demandScope(scopeOf(route)), ownRoom]
        : [authenticate, demandScope(scopeOf(route))];
    case 'superservice':
      return [authenticate, demandScope(scopeOf(route)), superserviceOnly];
    default:
      return assertNever(route.row.caller);
  }
}

/** Of a URL with its query; the path that Hono tells has none any more. */
const slashAtEnd = /^[^?#]*\/(?:[?#]|$)/;

/** Says in the log which route it was; Hono can tell as well, but takes longer for it than to find it. */
function at(path: string, step: H<EdgeEnv>): H<EdgeEnv> {
  const isOfOne = /\/:\w+$/.test(path);
  return (context, next) => {
    // A slash behind a single thing is what parsers of URLs leave of `/rooms/ID/users/..`, which is no path of the room.
    if (isOfOne && slashAtEnd.test(context.req.url)) {
      return context.notFound();
    }
    context.set('route', path);
    return step(context, next);
  };
}

for (const [path, methods] of Object.entries<Readonly<Record<string, Handler>>>(handlers)) {
  for (const route of routesOf(httpApi).filter((one) => one.path === path)) {
    const handler = methods[route.method];
    if (handler !== undefined) {
      const steps = [...guardsOf(route), handler].map((step) => at(path, step));
      app.on(route.method, [path], ...steps);
    }
  }
  // Where there is GET there is HEAD, which the router answers from it.
  const allow = Object.keys(methods).join(', ').replace('GET', 'GET, HEAD');
  const refuse: Handler = (context) => {
    const { method } = context.req;
    const response = problemResponse(
      new RizomaError('method_not_allowed', `${path} takes ${allow}, not ${method}`),
      context.get('requestId'),
    );
    response.headers.set('allow', allow);
    return response;
  };
  app.all(path, at(path, refuse));
}

app.notFound((context) =>
  problemResponse(
    new RizomaError('not_found', `there is nothing at ${context.req.path}`),
    context.get('requestId'),
  ),
);
app.onError((thrown, context) => {
  const error = toRizomaError(thrown);
  if (error.code === 'internal') {
    log.error('a request failed', thrown, {
      ...traceOf(context),
      method: context.req.method,
      route: context.get('route'),
    });
  }
  return problemResponse(error, context.get('requestId'));
});

export default app;
