import * as v from 'valibot';
import { ConnectionId, ErizoId, StreamId } from '../ids.ts';
import { Selectors } from '../selectors.ts';
import { limits } from '../limits.ts';
import { sizeOf } from './client.ts';
import { anyVideo, playConfigOf, playEntries } from './client-config.ts';

/** Streams that a client receives without asking for each of them. */

const anyWish = v.pipe(
  v.optional(v.nullable(v.boolean()), true),
  v.transform((value) => value !== false),
);

/**
 * `autoSubscribe`: `{ selectors, negativeSelectors, options }` → `()`. What fits a selector and no
 * negative one is subscribed to with those options, now and whenever it comes.
 */
export const AutoSubscribeMessage = v.pipe(
  v.object({
    selectors: Selectors,
    negativeSelectors: Selectors,
    /** The client hears them again with each subscription. */
    options: v.pipe(
      v.optional(v.unknown()),
      v.check((value) => sizeOf(value) <= limits.autoOptions_bytes, 'the options are too large'),
    ),
  }),
  v.transform(({ options, ...selectors }) => ({
    ...selectors,
    options: options ?? {},
    said: options,
  })),
  v.object({
    /** Keys. */
    selectors: v.array(v.string()),
    negativeSelectors: v.array(v.string()),
    options: v.pipe(
      v.object({ ...playEntries, audio: anyWish, data: anyWish, video: anyVideo }),
      v.transform((said) => {
        const { audio, data, video } = said;
        return { audio, data, video: video.wanted, config: playConfigOf(said) };
      }),
    ),
    /** As the client said them: it hears them again with each subscription. */
    said: v.optional(v.unknown()),
  }),
);

/**
 * `onAutomaticStreamsSubscription`: streams that fit come over this connection, whose offer follows. The same
 * comes as `stream_message_erizo` `{ mess, context: 'auto-streams-subscription' }`, by which Licode's clients went.
 */
export const AutomaticSubscription = v.object({
  type: v.literal('multiple-initializing'),
  streamIds: v.array(StreamId),
  erizoId: ErizoId,
  connectionId: ConnectionId,
  options: v.optional(v.unknown()),
});

/** `onAutomaticStreamsUnsubscription`: they fit no more. The context is `auto-streams-unsubscription`. */
export const AutomaticUnsubscription = v.object({
  type: v.literal('multiple-removal'),
  streamIds: v.array(StreamId),
});

export type AutoSubscribeMessage = v.InferOutput<typeof AutoSubscribeMessage>;
