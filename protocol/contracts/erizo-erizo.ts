import * as v from 'valibot';
import { Route } from '../cascade-tree.ts';
import { CertificateText } from '../certificate.ts';
import type { Contract } from '../contract.ts';
import { GrantText } from '../grant.ts';
import { ErizoId, IpAddress, NodeId, PipeId, PullId, RegionId, RoomId, StreamId } from '../ids.ts';
import { StreamNeed } from '../layers.ts';
import { RtpParameters } from './rtp-parameters.ts';

/** One end of an SRTP pipe between two workers. */
export const PipeEndpoint = v.strictObject({
  ip: IpAddress,
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  srtp: v.strictObject({
    cryptoSuite: v.picklist([
      'AEAD_AES_256_GCM',
      'AEAD_AES_128_GCM',
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
    ]),
    keyBase64: v.pipe(v.string(), v.base64(), v.maxLength(128)),
  }),
});

/** One track of a stream; its id is the same at every hop. */
export const Track = v.strictObject({
  trackId: v.pipe(v.string(), v.uuid()),
  kind: v.picklist(['audio', 'video']),
  rtpParameters: RtpParameters,
});

/** What an ErizoJS process asks of the one it pulls from. */
export const erizoToUpstream = {
  /**
   * Opens a stream on the pipe between two processes, and the pipe with it where there is none.
   * An upstream that lacks the stream pulls it first along the rest of the route. `forbidden` unless the
   * grant lets the media of the room be where both ends are, and for a pipe that ends elsewhere than at the puller's node.
   */
  'cascade.open': {
    params: v.strictObject({
      roomId: RoomId,
      streamId: StreamId,
      /** What is said of it from now on names it so: a process may pull a stream twice, while it moves. */
      pullId: PullId,
      /** The upstream's own way to the origin; empty where it is the origin. */
      route: Route,
      puller: v.strictObject({ erizoId: ErizoId, nodeId: NodeId, region: RegionId }),
      /** Of the puller's node: where it really is. */
      certificate: CertificateText,
      /** Of the room: both ends have to be inside. */
      grant: GrantText,
      /** What will be played of it, so that it is there when it is. */
      need: StreamNeed,
      pipe: v.strictObject({ pipeId: PipeId, endpoint: PipeEndpoint }),
      /** Whether it waits for `cascade.pause`; else it flows at once, so that its first key frame comes with it. */
      paused: v.boolean(),
    }),
    result: v.strictObject({
      endpoint: PipeEndpoint,
      tracks: v.pipe(v.array(Track), v.maxLength(8)),
    }),
    errors: ['not_found', 'forbidden', 'overloaded', 'unavailable'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  'cascade.close': {
    params: v.strictObject({ pullId: PullId }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** Another part of the stream is needed downstream than was said when it was opened, or since. */
  'cascade.need': {
    params: v.strictObject({ pullId: PullId, need: StreamNeed }),
    notify: true,
  },
  /** Nobody downstream plays the stream, or somebody does again. */
  'cascade.pause': {
    params: v.strictObject({ pullId: PullId, paused: v.boolean() }),
    notify: true,
  },
} as const satisfies Contract;

/** What an ErizoJS process tells those that pull from it. */
export const erizoToDownstream = {
  /** The stream has ended at the origin, or the way to it broke further up. */
  'cascade.ended': {
    params: v.strictObject({ pullId: PullId, why: v.picklist(['ended', 'upstream']) }),
    notify: true,
  },
  /**
   * The stream comes to the upstream another way now. Whoever pulls it opens it anew, along this route from
   * the upstream on, and lets go of the old pull, which plays until then.
   */
  'cascade.moved': {
    params: v.strictObject({ pullId: PullId, route: Route, grant: GrantText }),
    notify: true,
  },
} as const satisfies Contract;

export type PipeEndpoint = v.InferOutput<typeof PipeEndpoint>;
export type Track = v.InferOutput<typeof Track>;
export type ErizoToUpstream = typeof erizoToUpstream;
export type ErizoToDownstream = typeof erizoToDownstream;
