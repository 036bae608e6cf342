import * as v from 'valibot';
import type { Contract } from '../contract.ts';
import { RoomFacts } from '../directory.ts';
import { GrantText } from '../grant.ts';
import { ClientId, RoomId, StreamId } from '../ids.ts';

/**
 * What controllers of one room say to each other: messages of streams that their clients publish, for
 * subscribers at another controller, and their facts where the Room object cannot hand them on. Who has
 * such a subscriber, or such facts, dials.
 */
const stream = { roomId: RoomId, streamId: StreamId };

/** What a subscriber of a stream that clients send to each other directly says to its publisher. */
export const P2pSaying = v.variant('type', [
  v.strictObject({ type: v.literal('publish_me') }),
  v.strictObject({ type: v.literal('unpublish_me') }),
  v.strictObject({ type: v.literal('message'), msg: v.unknown() }),
]);

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** All facts of the caller about a room, for a controller that may not hear them from the Room object. */
export const RoomShare = v.strictObject({
  roomId: RoomId,
  /** Shows that the caller holds the room. */
  grant: GrantText,
  facts: RoomFacts,
  /** Grows with each change of the facts. */
  at: Count,
  /**
   * The version of the directory that has them. Absent while the Room object does not know them: then the
   * caller goes by what it is told by the others alone, and they by what it says.
   */
  known: v.optional(Count),
});

/** What the controller of a subscriber asks of the one where the stream is published. */
export const watcherToOwner = {
  /**
   * From now on what the publisher says goes to the caller as well, which shows by the grant that it may be told. Words of
   * P2P are taken from it once it watches the stream.
   */
  'stream.watch': {
    params: v.strictObject({ ...stream, grant: GrantText }),
    result: v.null(),
    errors: ['not_found', 'forbidden', 'unavailable'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  'stream.unwatch': { params: v.strictObject(stream), notify: true },
  /** From a client of the caller; the answers to it come over the same link. */
  'p2p.toPublisher': {
    params: v.strictObject({ ...stream, from: ClientId, saying: P2pSaying }),
    notify: true,
  },
  /**
   * Facts of the caller about a room, anew with each change. They count until the callee's directory has
   * them, or, where the callee has the edge, until the link ends.
   */
  'room.share': {
    params: RoomShare,
    result: v.null(),
    errors: ['not_found', 'forbidden', 'unavailable'],
    timeout_ms: 5_000,
    idempotent: true,
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

export type RoomShare = v.InferOutput<typeof RoomShare>;
export type P2pSaying = v.InferOutput<typeof P2pSaying>;
export type WatcherToOwner = typeof watcherToOwner;
export type OwnerToWatcher = typeof ownerToWatcher;
