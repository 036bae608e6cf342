import * as v from 'valibot';
import { ClientId, ConnectionId, StreamId } from '../ids.ts';
import { limits } from '../limits.ts';

/**
 * How the streams of a client share connections: Licode's `singlePC: false` is one connection a
 * `stream`, its `singlePC: true` is `single`: one for all that it publishes and one for all it
 * subscribes to, kept until the client leaves. `dual` is ours: the same two, closed when empty.
 */
export const ConnectionPlan = v.picklist(['stream', 'single', 'dual']);

const sdp = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.sdp_chars));
const ownSdp = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.ownSdp_chars));

/** SDP that a client is sent of its connection (Licode: `connection_message_erizo`). */
export const SdpMessage = v.variant('type', [
  v.strictObject({ type: v.literal('offer'), sdp: ownSdp }),
  v.strictObject({ type: v.literal('answer'), sdp: ownSdp }),
]);

/** What a client says of one of its connections: beside SDP, that it could not use ours or lost it. */
export const ClientSdpMessage = v.variant('type', [
  v.strictObject({ type: v.literal('offer'), sdp }),
  v.strictObject({ type: v.literal('answer'), sdp }),
  /** Our offer could not be taken. */
  v.strictObject({ type: v.literal('offer-error') }),
  /** The client gave the connection up. */
  v.strictObject({ type: v.literal('failed') }),
]);

/**
 * A connection that was lost with another process goes on here under its id, over the client's same
 * RTCPeerConnection: this process offers its m-sections with an ICE and DTLS of its own. `last` is what
 * both sides agreed on last: the client's description where it publishes, ours where it subscribes. A
 * connection that got no such description begins with its first offer. The m-sections of `streams` stay
 * as they are until these are added again (`addSubscriber`) or removed.
 */
export const restoreConnection = {
  params: v.strictObject({
    clientId: ClientId,
    connectionId: ConnectionId,
    plan: ConnectionPlan,
    direction: v.picklist(['publish', 'subscribe']),
    last: v.optional(ownSdp),
    streams: v.pipe(v.array(StreamId), v.maxLength(limits.streamsPerRoom)),
  }),
  result: v.null(),
  errors: ['conflict', 'overloaded', 'sdp_malformed'],
  timeout_ms: 5_000,
  idempotent: false,
} as const;

export type ConnectionPlan = v.InferOutput<typeof ConnectionPlan>;
export type SdpMessage = v.InferOutput<typeof SdpMessage>;
export type ClientSdpMessage = v.InferOutput<typeof ClientSdpMessage>;
