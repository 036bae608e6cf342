import * as v from 'valibot';
import type { Contract } from '../contract.ts';
import { ClientId, StreamId } from '../ids.ts';
import { limits } from '../limits.ts';

/** Of how many of those who spoke last a client is sent the video. */
export const Few = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(limits.streamsPerRoom),
);

/** `setLastN`: ours, `{ n }` → `(true)`. The client is sent the video of so many; null is of all. */
export const LastNMessage = v.object({ n: v.nullable(Few) });

/** `onLastN`: ours, to who asked for it. The streams whose video is sent from now on, of those it plays. */
export const LastNShown = v.object({ ids: v.array(StreamId) });

/** What of it a controller asks of an ErizoJS process. */
export const lastNToErizo = {
  /** Counts for the streams that the client plays here; with the next one the controller says it again. */
  setLastN: {
    params: v.strictObject({ clientId: ClientId, n: v.nullable(Few) }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

/** And what that tells the controller. */
export const lastNToController = {
  /** Of a client that wants the last few: the streams whose video it is sent now. */
  videosShown: {
    params: v.strictObject({
      clientId: ClientId,
      streamIds: v.pipe(v.array(StreamId), v.maxLength(limits.streamsPerRoom)),
    }),
    notify: true,
  },
} as const satisfies Contract;

export type LastNMessage = v.InferOutput<typeof LastNMessage>;
export type LastNShown = v.InferOutput<typeof LastNShown>;
