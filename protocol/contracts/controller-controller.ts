import * as v from 'valibot';
import type { Contract } from '../contract.ts';
import { RoomId, StreamId } from '../ids.ts';

/**
 * What controllers of one room say to each other: messages of streams that their clients publish,
 * for subscribers at another controller. Who has such a subscriber dials.
 */
const stream = { roomId: RoomId, streamId: StreamId };

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
} as const satisfies Contract;

/** What the controller where a stream is published tells those that watch it. */
export const ownerToWatcher = {
  /** Licode: `onDataStream`. At most once, in order: what is said while a link is down is lost. */
  'stream.data': {
    params: v.strictObject({ ...stream, msg: v.unknown() }),
    notify: true,
  },
} as const satisfies Contract;

export type WatcherToOwner = typeof watcherToOwner;
export type OwnerToWatcher = typeof ownerToWatcher;
