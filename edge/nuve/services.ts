import { createMiddleware } from 'hono/factory';
import * as v from 'valibot';
import { ChangeKeyRequest, CreateServiceRequest } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { notSuperservice } from '../../protocol/http-contract.ts';
import { ServiceId } from '../../protocol/ids.ts';
import type { EdgeContext, EdgeEnv } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import type { ServiceEntry } from '../objects/api.ts';
import { valueOf } from '../objects/outcome.ts';
import { serviceOf, servicesOf } from '../objects/stubs.ts';
import { jsonResponse } from './json-stream.ts';
import { servicesText, serviceText } from './service-text.ts';

/** Services are the superservice's to make, see and delete; others hear Licode's words. */
export const superserviceOnly = createMiddleware<EdgeEnv>(async (context, next) => {
  if (context.get('signer').serviceId !== context.get('config').superservice.id) {
    return context.text(notSuperservice, 401);
  }
  await next();
  return undefined;
});

/** `POST /services`: the new id. As JSON, like Licode: an id in digits alone is no number. */
export async function postService(context: EdgeContext): Promise<Response> {
  const service = await bodyOf(context, CreateServiceRequest);
  const id = await valueOf(servicesOf(context.env).create(service, traceOf(context)));
  context.set('made', { changedServiceId: id });
  return context.json(id);
}

/** `GET /services`: all of them with their rooms, the superservice first. */
export async function getServices(context: EdgeContext): Promise<Response> {
  const listed = await valueOf(servicesOf(context.env).list());
  return await jsonResponse(servicesText(context.env, superserviceOf(context), listed));
}

/** `GET /services/:service`. */
export async function getService(context: EdgeContext): Promise<Response> {
  const { env } = context;
  const superservice = superserviceOf(context);
  const id = v.safeParse(ServiceId, context.req.param('service'));
  return await orNotFound(context, async () => {
    const isSuperservice = id.output === superservice.id;
    const service = isSuperservice ? superservice : await valueOf(serviceOf(env, idOf(id)).about());
    return await jsonResponse(serviceText(env, service));
  });
}

/** `DELETE /services/:service`: nobody signs for it any more; its rooms are deleted soon after. */
export async function deleteService(context: EdgeContext): Promise<Response> {
  const id = v.safeParse(ServiceId, context.req.param('service'));
  return await orNotFound(context, async () => {
    await valueOf(servicesOf(context.env).delete(idOf(id), traceOf(context)));
    return context.text('Service deleted');
  });
}

/** `PUT /services/:service/key`: of the service that signs, or by the superservice of any but itself. */
export async function putServiceKey(context: EdgeContext): Promise<Response> {
  const change = await bodyOf(context, ChangeKeyRequest);
  const { superservice } = context.get('config');
  const { serviceId } = context.get('signer');
  const id = v.safeParse(ServiceId, context.req.param('service'));
  if (serviceId !== superservice.id && serviceId !== id.output) {
    throw new RizomaError('forbidden', 'a service changes its own key alone');
  }
  if (id.output === superservice.id) {
    throw new RizomaError(
      'forbidden',
      'the keys of the superservice are configuration: set NUVE_SUPERSERVICE_KEY at the edge',
    );
  }
  return await orNotFound(context, async () => {
    await valueOf(serviceOf(context.env, idOf(id)).changeKey(change, traceOf(context)));
    const until_ms = Date.now() + change.previous_s * 1000;
    return context.json({ previousUntil: new Date(until_ms).toISOString() });
  });
}

function superserviceOf(context: EdgeContext): ServiceEntry & { key: string } {
  const { id, keys } = context.get('config').superservice;
  return { id, key: keys.current, name: 'superService' };
}

function idOf(id: v.SafeParseResult<typeof ServiceId>): string {
  if (!id.success) {
    throw new RizomaError('not_found', 'Service not found');
  }
  return id.output;
}

async function orNotFound(
  context: EdgeContext,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer();
  } catch (thrown) {
    if (thrown instanceof RizomaError && thrown.code === 'not_found') {
      return context.text('Service not found', 404);
    }
    throw thrown;
  }
}
