import * as v from 'valibot';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { WebhookEventName } from '../../protocol/contracts/webhooks.ts';
import type { Happening } from './happenings.ts';

/** Where a service wants to hear of its rooms. */
export const Hook = v.strictObject({
  url: v.string(),
  events: v.array(WebhookEventName),
  secret: v.string(),
});

/** What a service wants to hear, as its rooms keep it. */
export const HookSettings = v.strictObject({
  /** Grows with each change; 0 where there never was a webhook. */
  version: v.number(),
  /** Absent where it wants to hear nothing. */
  hook: v.optional(Hook),
});

export type Hook = v.InferOutput<typeof Hook>;
export type HookSettings = v.InferOutput<typeof HookSettings>;

/** An event that could not be delivered, with its text as it would have been sent. */
export interface LostEvent {
  readonly id: string;
  readonly roomId: string;
  /** Its name. */
  readonly event: string;
  readonly body: string;
  readonly attempts: number;
  readonly why: string;
}

/** The waits between the attempts to deliver one event, in ms: eight attempts within 61 minutes and 20 s. */
export const attemptWaits_ms: readonly number[] = [
  ...[5_000, 15_000, 60_000, 120_000, 300_000, 900_000, 2_280_000],
];

/** Up to so much is added to a wait by chance, so that the rooms of a service do not try all at once. */
const jitter = 0.1;

/** How long to wait after so many attempts; undefined where the event is given up. */
export function waitAfter_ms(attempts: number, random: number): number | undefined {
  const wait_ms = attemptWaits_ms[attempts - 1];
  return wait_ms === undefined ? undefined : Math.round(wait_ms * (1 + jitter * random));
}

/** A `WebhookEvent` without its number, which it is given when it is first sent. */
export function eventOf(
  happening: Happening,
  about: { id: string; now_ms: number; room: RoomAnswer; sessionId: string },
): Record<string, unknown> {
  const { id, now_ms, room, sessionId } = about;
  const { event } = happening;
  const common = {
    id,
    event,
    createdAt: new Date(now_ms).toISOString(),
    room: { _id: room._id, name: room.name },
    sessionId,
  };
  if ('participant' in happening) {
    const { clientId, name, role, region } = happening.participant;
    return { ...common, participant: { id: clientId, name, role, region } };
  }
  if ('stream' in happening) {
    const { streamId, clientId, userName, region, media } = happening.stream;
    const stream = { id: streamId, participantId: clientId, name: userName, region, ...media };
    return { ...common, stream };
  }
  if ('recording' in happening) {
    return { ...common, recording: happening.recording };
  }
  return common;
}
