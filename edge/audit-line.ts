import * as v from 'valibot';
import { NodeId, RequestId, RoomId, ServiceId } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';

const text = v.pipe(v.string(), v.maxLength(limits.name_chars));

/** Ids of what was changed, as they stand in the path of the request or in its answer. */
export const Changed = v.object({
  roomId: v.optional(RoomId),
  /** Of the service that was made or deleted; `serviceId` is the one that asked. */
  changedServiceId: v.optional(ServiceId),
  nodeId: v.optional(NodeId),
  /** Of an event of a webhook. */
  eventId: v.optional(v.pipe(v.string(), v.uuid())),
});

/** The line of a change that was asked for by REST. It holds no body, no token, no name of a user, and of a path its ids alone. */
export const AuditLine = v.strictObject({
  level: v.picklist(['info', 'warn']),
  message: v.literal('a change was asked for'),
  object: v.literal('worker'),
  /** Tells these lines from all others. */
  log: v.literal('audit'),
  /** When the request came (ISO 8601). */
  at: v.pipe(v.string(), v.isoTimestamp()),
  requestId: RequestId,
  method: v.picklist(['POST', 'PUT', 'PATCH', 'DELETE']),
  route: v.string(),
  ...Changed.entries,
  /** Who signed, where that was checked. */
  serviceId: v.optional(ServiceId),
  /** Of its JWT: the claim `sub`, and the `kid` of the header. */
  subject: v.optional(text),
  keyId: v.optional(text),
  outcome: v.picklist(['done', 'refused', 'failed']),
  status: v.number(),
  code: v.optional(v.string()),
  /** Refusals of the same kind that have no line of their own; of the last of them is the rest of this one. */
  more: v.optional(v.number()),
});
export type AuditLine = v.InferOutput<typeof AuditLine>;
export type Changed = v.InferOutput<typeof Changed>;
