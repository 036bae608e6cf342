import * as v from 'valibot';
import { StreamMedia } from '../directory.ts';
import { ClientId, RecordingId, RegionId, RoomId, StreamId } from '../ids.ts';
import { limits } from '../limits.ts';
import { RecordingEnd } from './external-media.ts';

/** What apps are told of their rooms, and how they ask for it. */

export const webhookEvents = [
  'room_started',
  'room_finished',
  'participant_joined',
  'participant_left',
  'stream_published',
  'stream_unpublished',
  'recording_started',
  'recording_stopped',
  'recording_failed',
] as const;

export const WebhookEventName = v.picklist(webhookEvents);

const text = v.pipe(v.string(), v.maxLength(limits.name_chars));

/** Somebody who came to a room or left it. */
export const WebhookParticipant = v.object({
  id: ClientId,
  name: text,
  role: text,
  region: RegionId,
});

/** A stream that came or went, and the participant who publishes it. */
export const WebhookStream = v.object({
  id: StreamId,
  participantId: ClientId,
  name: text,
  region: RegionId,
  ...StreamMedia.entries,
});

/** A recording that began, and the region of the controller at which it was asked for. */
export const WebhookRecording = v.object({ id: RecordingId, streamId: StreamId, region: RegionId });

/** One whose file is closed. How much is in it is not known where the room was deleted under it. */
export const WebhookRecordingStopped = v.object({
  ...WebhookRecording.entries,
  why: v.picklist(['stopped', 'ended', 'limit', 'room_deleted']),
  duration_ms: v.optional(RecordingEnd.entries.duration_ms),
  size_bytes: v.optional(RecordingEnd.entries.size_bytes),
  part: RecordingEnd.entries.part,
});

/** One whose file was not closed, or whose controller was lost, so that nothing is known of it. */
export const WebhookRecordingFailed = v.object({
  ...WebhookRecording.entries,
  why: v.picklist(['failed', 'node_lost']),
  part: RecordingEnd.entries.part,
});

const common = {
  /** The same at each attempt: who has seen it passes over it. */
  id: v.pipe(v.string(), v.uuid()),
  /** When it happened; ISO 8601, UTC. */
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Grows by one with each event that is sent for the room; where one is missing it went to the dead events. */
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  room: v.object({ _id: RoomId, name: text }),
  /** Names the time between `room_started` and `room_finished`. */
  sessionId: v.pipe(v.string(), v.uuid()),
};

/** The body of a webhook. */
export const WebhookEvent = v.variant('event', [
  v.object({ event: v.picklist(['room_started', 'room_finished']), ...common }),
  v.object({
    event: v.picklist(['participant_joined', 'participant_left']),
    ...common,
    participant: WebhookParticipant,
  }),
  v.object({
    event: v.picklist(['stream_published', 'stream_unpublished']),
    ...common,
    stream: WebhookStream,
  }),
  v.object({ event: v.literal('recording_started'), ...common, recording: WebhookRecording }),
  v.object({
    event: v.literal('recording_stopped'),
    ...common,
    recording: WebhookRecordingStopped,
  }),
  v.object({ event: v.literal('recording_failed'), ...common, recording: WebhookRecordingFailed }),
]);

/** `PUT /webhook`. */
export const PutWebhookRequest = v.strictObject({
  /** Where events are posted. */
  url: v.pipe(v.string(), v.url(), v.maxLength(limits.webhookUrl_chars)),
  /** Which ones; all where it is absent. */
  events: v.optional(v.pipe(v.array(WebhookEventName), v.minLength(1))),
  /** Signs them. Where it is absent the one that there is stays, or one is made. */
  secret: v.optional(v.pipe(v.string(), v.minLength(16), v.maxLength(limits.webhookSecret_chars))),
});

/** `GET /webhook`, and the answer to `PUT`. */
export const WebhookAnswer = v.object({
  url: v.string(),
  events: v.array(WebhookEventName),
  /** Grows with each change. */
  version: v.number(),
  /** Events that could not be delivered and are kept, and how many were not even kept. */
  dead: v.number(),
  forgotten: v.number(),
  /** The secret that was made for this `PUT`; it is not shown again. */
  secret: v.optional(v.string()),
});

/** An event that could not be delivered. */
export const DeadEvent = v.object({
  /** Its place in the list. */
  number: v.number(),
  /** How often it was tried. */
  attempts: v.number(),
  /** What became of the last attempt, or why there was none. */
  why: v.string(),
  diedAt: v.pipe(v.string(), v.isoTimestamp()),
  event: WebhookEvent,
});

/** The place of a dead event in the list, as it stands in a URL. */
export const DeadEventNumber = v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/, 'not a number'));

/** `GET /webhook/dead?after=<number>`: the oldest first; the next ones follow after `next`, if there are any. */
export const DeadEventsAnswer = v.object({
  deadEvents: v.array(DeadEvent),
  next: v.optional(v.number()),
});

export type WebhookEventName = v.InferOutput<typeof WebhookEventName>;
export type WebhookRecording = v.InferOutput<typeof WebhookRecording>;
export type WebhookRecordingStopped = v.InferOutput<typeof WebhookRecordingStopped>;
export type WebhookRecordingFailed = v.InferOutput<typeof WebhookRecordingFailed>;
export type WebhookEvent = v.InferOutput<typeof WebhookEvent>;
export type PutWebhookRequest = v.InferOutput<typeof PutWebhookRequest>;
export type WebhookAnswer = v.InferOutput<typeof WebhookAnswer>;
export type DeadEvent = v.InferOutput<typeof DeadEvent>;
export type DeadEventsAnswer = v.InferOutput<typeof DeadEventsAnswer>;
