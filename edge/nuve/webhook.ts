import * as v from 'valibot';
import { DeadEventNumber, PutWebhookRequest } from '../../protocol/contracts/webhooks.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import type { ServiceApi } from '../objects/api.ts';
import { valueOf } from '../objects/outcome.ts';
import { serviceOf } from '../objects/stubs.ts';
import { checkWebhookUrl } from '../room/webhook-url.ts';

/** `PUT /webhook`: where the service wants to hear of its rooms. */
export async function putWebhook(context: EdgeContext): Promise<Response> {
  const webhook = await bodyOf(context, PutWebhookRequest);
  checkWebhookUrl(webhook.url, context.get('config').webhookHosts);
  return context.json(await valueOf(ours(context).putWebhook(webhook)));
}

/** `GET /webhook`: all of it but the secret. */
export async function getWebhook(context: EdgeContext): Promise<Response> {
  return context.json(await valueOf(ours(context).webhook()));
}

/** `DELETE /webhook`: nothing is sent any more; idempotent. */
export async function deleteWebhook(context: EdgeContext): Promise<Response> {
  await valueOf(ours(context).removeWebhook());
  return context.text('Webhook deleted');
}

/** `GET /webhook/dead`: a page of the events that could not be delivered. */
export async function getDeadEvents(context: EdgeContext): Promise<Response> {
  const after = Number(parse(DeadEventNumber, context.req.query('after') ?? '0', 'after'));
  return context.json(await valueOf(ours(context).deadEvents({ after })));
}

/** `POST /webhook/dead/:event/retry`: it is tried again, after those that wait for its room. */
export async function postDeadEventRetry(context: EdgeContext): Promise<Response> {
  const { serviceId } = context.get('signer');
  const id = parse(v.pipe(v.string(), v.uuid()), context.req.param('event'), 'event id');
  await valueOf(ours(context).retryDead({ serviceId, id }));
  return context.json({ id }, 202);
}

function ours(context: EdgeContext): ServiceApi {
  return serviceOf(context.env, context.get('signer').serviceId);
}
