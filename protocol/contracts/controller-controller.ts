import * as v from 'valibot';
import type { Contract } from '../contract.ts';
import { ClientId, RoomId, StreamId } from '../ids.ts';

/**
 * What controllers of one room say to each other: messages of streams that their clients publish,
 * for subscribers at another controller. Who has such a subscriber dials.
 */
const stream = { roomId: RoomId, streamId: StreamId };

/** What a subscriber of a stream that clients send to each other directly says to its publisher. */
export const P2pSaying = v.variant('type', [
  v.strictObject({ type: v.literal('publish_me') }),
  v.strictObject({ type: v.literal('unpublish_me') }),
  v.strictObject({ type: v.literal('message'), msg: v.unknown() }),
]);

/** What the controller of a subscriber asks of the one where the stream is published. */
export const watcherToOwner = {
  /** From now on what the publisher says goes to the caller as well. */
  'stream.watch': {
    params: v.strictObject(stream),
    result: v.null(),
    errors: ['not_found'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  'stream.unwatch': { params: v.strictObject(stream), notify: true },
  /** From a client of the caller; the answers to it come over the same link. */
  'p2p.toPublisher': {
    params: v.strictObject({ ...stream, from: ClientId, saying: P2pSaying }),
    notify: true,
  },
} as const satisfies Contract;

/** What the controller where a stream is published tells those that watch it. */
export const ownerToWatcher = {
  /** Licode: `onDataStream`. At most once, in order: what is said while a link is down is lost. */
  'stream.data': {
    params: v.strictObject({ ...stream, msg: v.unknown() }),
    notify: true,
  },
  /** To a client of the watcher that asked for the stream. */
  'p2p.toSubscriber': {
    params: v.strictObject({ ...stream, to: ClientId, msg: v.unknown() }),
    notify: true,
  },
} as const satisfies Contract;

export type P2pSaying = v.InferOutput<typeof P2pSaying>;
export type WatcherToOwner = typeof watcherToOwner;
export type OwnerToWatcher = typeof ownerToWatcher;
