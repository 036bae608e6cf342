import { systemClock } from '../../protocol/clock.ts';
import type { RizomaOptions } from './rizoma.ts';
import { Rizoma } from './rizoma.ts';

/**
 * The client of the edge's HTTP API for servers of apps, in Node and in Workers: `rizoma/server`. Calls
 * resolve with what the edge answers and reject with an `EdgeError`.
 */
export function connect(options: RizomaOptions): Rizoma {
  return Rizoma.create({ clock: systemClock, random: Math.random }, options);
}

export { EdgeError } from './error.ts';
export type { Nodes } from './nodes.ts';
export type { Rizoma, RizomaOptions } from './rizoma.ts';
export type { RoomOptions, Rooms, RoomUsers, TokenRequest, Tokens, Users } from './rooms.ts';
export type { Services } from './services.ts';
export type { Webhooks } from './webhooks.ts';
export { verifyWebhook } from '../../protocol/webhook.ts';
export type { WebhookHeaders } from '../../protocol/webhook.ts';
export type {
  DeadEvent,
  PutWebhookRequest,
  WebhookAnswer as Webhook,
  WebhookEvent,
} from '../../protocol/contracts/webhooks.ts';
export type { ErrorCode } from '../../protocol/errors.ts';
export type {
  RegionsAnswer,
  RoomAnswer as Room,
  ServiceAnswer as Service,
  UserAnswer as User,
} from '../../protocol/contracts/rest.ts';
export type {
  NodeAnswer as Node,
  NodeDetailAnswer as NodeDetail,
} from '../../protocol/contracts/nodes.ts';
export type { ExplainAnswer } from '../../protocol/contracts/placements.ts';
