import * as v from 'valibot';
import { Route } from '../cascade-tree.ts';
import type { Contract } from '../contract.ts';
import { GrantText } from '../grant.ts';
import { ClientId, RecordingId, RecordingName, RoomId, StreamId } from '../ids.ts';
import { limits } from '../limits.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Where an external input comes from (Licode: streams of the states `url` and `recording`). */
export const InputSource = v.variant('type', [
  v.strictObject({ type: v.literal('recording'), recordingId: RecordingName }),
  v.strictObject({
    type: v.literal('url'),
    url: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.inputUrl_chars)),
  }),
]);

/** Which file of a recording it is: the second one where it went on after it had failed, and so on. */
export const RecordingPart = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(2),
  v.maxValue(limits.recordingParts),
);

/** What its files are: Matroska for any codec, or WebM, which holds VP8, VP9 and AV1 with Opus. */
export const RecordingFormat = v.picklist(['mkv', 'webm']);

/** How a recording ended: asked to, its stream ended, it is as large as one may be, its file was not closed. */
export const RecordingEnd = v.strictObject({
  why: v.picklist(['stopped', 'ended', 'limit', 'failed']),
  duration_ms: count,
  size_bytes: count,
  /** Of a recording that went on: its last file, of which length and size are said. */
  part: v.optional(RecordingPart),
});

/** What a controller asks of an ErizoJS process. */
export const externalMediaToErizo = {
  /**
   * Publishes a source; answered with what it has of what was asked for when media flows. By the `grant` the process knows
   * whose the room is: of the recordings of another service there is none, nor of one that it does not know whose it is.
   */
  addExternalInput: {
    params: v.strictObject({
      roomId: RoomId,
      clientId: ClientId,
      streamId: StreamId,
      source: InputSource,
      audio: v.boolean(),
      video: v.boolean(),
      /** How far into a source that has a beginning; its start where it is absent. */
      from_ms: v.optional(count),
      grant: GrantText,
    }),
    result: v.strictObject({ audio: v.boolean(), video: v.boolean() }),
    errors: ['bad_request', 'conflict', 'forbidden', 'overloaded', 'unavailable'],
    timeout_ms: 20_000,
    idempotent: false,
  },
  /**
   * Records the stream, answered when the first of it is in the file: `<folder of the process>/<id>.<format>`, or
   * `<id>-<part>.<format>`, with a JSON beside it that says whose it is. `route` and `grant` are as with `addSubscriber`.
   */
  addExternalOutput: {
    params: v.strictObject({
      roomId: RoomId,
      streamId: StreamId,
      recordingId: RecordingId,
      part: v.optional(RecordingPart),
      format: v.optional(RecordingFormat, 'mkv'),
      route: Route,
      grant: GrantText,
    }),
    result: v.null(),
    errors: ['bad_request', 'not_found', 'conflict', 'overloaded', 'unavailable', 'forbidden'],
    timeout_ms: 20_000,
    idempotent: false,
  },
  /** Answered when the file is closed. */
  removeExternalOutput: {
    params: v.strictObject({ recordingId: RecordingId }),
    result: RecordingEnd,
    errors: ['not_found'],
    timeout_ms: 5_000,
    idempotent: false,
  },
} as const satisfies Contract;

/** What an ErizoJS process tells the controller that asked. */
export const externalMediaToController = {
  /** An external input that had begun is over: its source ended. */
  inputEnded: {
    params: v.strictObject({ clientId: ClientId, streamId: StreamId }),
    notify: true,
  },
  /** A recording that had begun is over, however it ended. */
  recordingEnded: {
    params: v.strictObject({ recordingId: RecordingId, end: RecordingEnd }),
    notify: true,
  },
} as const satisfies Contract;

export type InputSource = v.InferOutput<typeof InputSource>;
export type RecordingFormat = v.InferOutput<typeof RecordingFormat>;
export type RecordingEnd = v.InferOutput<typeof RecordingEnd>;
