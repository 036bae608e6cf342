import * as v from 'valibot';
import { Hop, Route } from '../cascade-tree.ts';
import type { Contract } from '../contract.ts';
import { GrantText } from '../grant.ts';
import { ClientId, ConnectionId, RoomId, StreamId } from '../ids.ts';
import { limits } from '../limits.ts';
import { ConnectionPlan } from './connections.ts';

/** What a controller has done of the ways of streams, before anybody plays them and while somebody does. */
export const waysToErizo = {
  /**
   * Opens the connection on which the client will be offered what it subscribes to, before it does, so
   * that no stream waits for ICE and DTLS. It is that of the client's first subscription.
   */
  prepareSubscriber: {
    params: v.strictObject({ clientId: ClientId, plan: ConnectionPlan }),
    result: v.strictObject({ connectionId: ConnectionId }),
    errors: ['overloaded'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /**
   * Opens a stream of another region before anybody plays it; nothing flows until somebody does. It stays
   * open until it ends, or the process is to keep no upstreams for the room any more.
   */
  pullAhead: {
    params: v.strictObject({
      roomId: RoomId,
      streamId: StreamId,
      route: Route,
      grant: GrantText,
    }),
    notify: true,
  },
  /** From where streams of the room will come: these are linked and kept until others are named, or none. */
  keepUpstreams: {
    params: v.strictObject({
      roomId: RoomId,
      upstreams: v.pipe(v.array(Hop), v.maxLength(limits.keptUpstreams)),
    }),
    notify: true,
  },
  /**
   * Another way to a stream is better by now: where it is pulled another way it comes by this one, which plays
   * before the old one closes. Answered when it does. Where the answer is an error it goes on as it was.
   */
  reroute: {
    params: v.strictObject({
      roomId: RoomId,
      streamId: StreamId,
      route: Route,
      grant: GrantText,
    }),
    result: v.null(),
    errors: ['not_found', 'forbidden', 'overloaded', 'unavailable'],
    timeout_ms: 10_000,
    idempotent: true,
  },
} as const satisfies Contract;
