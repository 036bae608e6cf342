import * as v from 'valibot';
import { Route } from '../cascade-tree.ts';
import { GrantText } from '../grant.ts';
import type { Contract } from '../contract.ts';
import { ClientSdpMessage, ConnectionPlan, restoreConnection, SdpMessage } from './connections.ts';
import { ClientId, ConnectionId, ErizoId, RoomId, StreamId } from '../ids.ts';
import { Layer } from '../layers.ts';
import { limits } from '../limits.ts';
import { ErizoCounters } from './erizo-counters.ts';
import {
  bandwidthEntries,
  bandwidthToController,
  bandwidthToErizo,
  ClientBandwidth,
} from './bandwidth.ts';
import { externalMediaToController, externalMediaToErizo } from './external-media.ts';
import { Few, lastNToController, lastNToErizo } from './last-n.ts';
import { waysToErizo } from './ways.ts';

export { ClientSdpMessage, ConnectionPlan, SdpMessage } from './connections.ts';

const label = v.pipe(v.string(), v.maxLength(limits.name_chars));

/** What may change of a stream while it is published or played (Licode: `updatestream`). Absent is as before. */
export const StreamConfig = v.strictObject({
  /** What nobody gets, where the publisher says so; else what this subscriber does not get. */
  muteStream: v.optional(v.strictObject({ audio: v.boolean(), video: v.boolean() })),
  /** The best layers of simulcast or SVC, 0 is the lowest; as high as goes where one is not said. */
  qualityLayer: v.optional(
    v.strictObject({ spatial: v.optional(Layer), temporal: v.optional(Layer) }),
  ),
  /** A subscriber gets its video, however few the client wants of those who speak. */
  pinned: v.optional(v.boolean()),
  /** A subscriber gets key frames alone, one in each such period; 0 for all frames. */
  slideShow_ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000))),
  /** What the subscriber's connection may take for the video of the stream. */
  maxVideo_kbps: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1_000_000))),
  ...bandwidthEntries,
});

const Initializing = v.strictObject({
  type: v.literal('initializing'),
  connectionId: ConnectionId,
});
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What one RTP stream of a track has carried, and what its other end says of it (RFC 3550, RFC 4585). */
export const RtpStats = v.strictObject({
  ssrc: count,
  kind: v.picklist(['audio', 'video']),
  bitrate_bps: count,
  packets: count,
  bytes: count,
  /** May be negative, as duplicates count (RFC 3550, section 6.4.1). */
  packetsLost: v.pipe(v.number(), v.safeInteger()),
  /** Of 256. */
  fractionLost: count,
  /** In units of the RTP clock; what is sent has none. */
  jitter: v.optional(v.number()),
  nacks: count,
  plis: count,
  firs: count,
});

/** How loud a stream is, in dBov: 0 is the loudest, -127 silence (RFC 6464, section 3). */
export const AudioLevel = v.strictObject({
  streamId: StreamId,
  level_dBov: v.pipe(v.number(), v.minValue(-127), v.maxValue(0)),
});
/** The client hears who speaks in the room, of the streams that its process has. */
const hears = v.optional(v.literal(true));

/** A connection of `restoreConnection` that the stream goes over; the client knows of it already. */
const restored = v.optional(ConnectionId);

/** What a process sends, to clients and over pipes, and CPU of it and its worker, where 1 is one core. */
const ErizoBusy = v.strictObject({
  consumers: count,
  cpu: v.pipe(v.number(), v.minValue(0)),
});

/** What a controller asks of an ErizoJS process. */
export const controllerToErizo = {
  /** Licode: `keepAlive`. */
  keepAlive: {
    params: v.strictObject({}),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  restoreConnection,
  /**
   * Part `initializing` once there is a connection that takes the client's offer; the answer when
   * media can flow. A call that ends otherwise leaves nothing behind. The grant lets media of the room be here and at
   * the caller's node; a process checks each of them once.
   */
  addPublisher: {
    params: v.strictObject({
      roomId: RoomId,
      clientId: ClientId,
      streamId: StreamId,
      grant: GrantText,
      options: v.strictObject({
        audio: v.boolean(),
        video: v.boolean(),
        label,
        plan: ConnectionPlan,
        config: v.optional(StreamConfig, {}),
        hears,
        /** The client is to be told which layers are wanted (`layersWanted`), and sends no others. */
        follows: v.optional(v.literal(true)),
        restored,
      }),
    }),
    part: Initializing,
    result: v.strictObject({ type: v.literal('ready') }),
    errors: [
      'not_found',
      'conflict',
      'overloaded',
      'unavailable',
      'forbidden',
      'sdp_malformed',
      'sdp_no_codec',
    ],
    timeout_ms: 20_000,
    idempotent: false,
  },
  removePublisher: {
    params: v.strictObject({ clientId: ClientId, streamId: StreamId }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /**
   * Part `initializing` names the connection on which this process offers (`connectionMessage`);
   * the answer comes when media can flow. `route` is empty where the stream is published here; else the
   * stream is pulled under the grant.
   */
  addSubscriber: {
    params: v.strictObject({
      roomId: RoomId,
      clientId: ClientId,
      streamId: StreamId,
      route: Route,
      grant: GrantText,
      options: v.strictObject({
        audio: v.boolean(),
        video: v.boolean(),
        plan: ConnectionPlan,
        config: v.optional(StreamConfig, {}),
        hears,
        bandwidth: v.optional(ClientBandwidth, {}),
        restored,
        /** The client wants the video of so many of those who spoke last, and not of all. */
        lastN: v.optional(Few),
      }),
    }),
    part: Initializing,
    result: v.strictObject({ type: v.literal('ready') }),
    errors: [
      'not_found',
      'conflict',
      'overloaded',
      'unavailable',
      'forbidden',
      'sdp_malformed',
      'sdp_no_codec',
    ],
    timeout_ms: 20_000,
    idempotent: false,
  },
  ...waysToErizo,
  removeSubscriber: {
    params: v.strictObject({ clientId: ClientId, streamId: StreamId }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** All that the client has here ends. */
  removeClient: {
    params: v.strictObject({ clientId: ClientId }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** The client's offer (answered by a `connectionMessage`), its answer to ours, or that there is none. */
  processConnectionMessage: {
    params: v.strictObject({
      clientId: ClientId,
      connectionId: ConnectionId,
      msg: ClientSdpMessage,
    }),
    result: v.null(),
    errors: ['not_found', 'conflict', 'overloaded', 'sdp_malformed', 'sdp_no_codec'],
    timeout_ms: 5_000,
    idempotent: false,
  },
  /** What the client changes of a stream that it publishes or plays (Licode: `updatestream`). */
  processStreamMessage: {
    params: v.strictObject({ clientId: ClientId, streamId: StreamId, config: StreamConfig }),
    result: v.null(),
    errors: ['not_found'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** What the process has of a stream of the room: as it comes in, and as it goes to its clients. */
  getStreamStats: {
    params: v.strictObject({ roomId: RoomId, streamId: StreamId }),
    result: v.strictObject({
      publisher: v.optional(v.array(RtpStats)),
      subscribers: v.pipe(
        v.record(ClientId, v.array(RtpStats)),
        v.check((all) => Object.keys(all).length <= limits.statsSubscribers, 'too many'),
      ),
    }),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  ...externalMediaToErizo,
  ...bandwidthToErizo,
  ...lastNToErizo,
  counters: {
    params: v.strictObject({}),
    result: ErizoCounters,
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

/** What an ErizoJS process tells the controller of a client. */
export const erizoToController = {
  connectionMessage: {
    params: v.strictObject({ clientId: ClientId, connectionId: ConnectionId, msg: SdpMessage }),
    notify: true,
  },
  /** A stream of the client that worked, or was about to, has ended here by itself. */
  streamFailed: {
    params: v.strictObject({
      clientId: ClientId,
      streamId: StreamId,
      role: v.picklist(['publisher', 'subscriber']),
      /**
       * `transport`: ICE or DTLS ended; `upstream`: the pull broke; `refused`: the client took none of it.
       * After `upstream` the m-sections of a client of Licode stay for the stream, as after `restoreConnection`.
       */
      why: v.picklist(['transport', 'upstream', 'refused']),
    }),
    notify: true,
  },
  ...bandwidthToController,
  ...lastNToController,
  ...externalMediaToController,
  /**
   * Of a stream whose publisher `follows`: up to which spatial layer somebody plays or records its video,
   * anywhere; none at all where it is null. Said on change, and again when the controller is back.
   */
  layersWanted: {
    params: v.strictObject({ clientId: ClientId, streamId: StreamId, spatial: v.nullable(Layer) }),
    notify: true,
  },
  /** How busy the process is, when that has changed, once a second. */
  load: {
    params: ErizoBusy,
    notify: true,
  },
  /** Another stream of the room, of those that the process has, is the one that speaks. */
  activeSpeaker: {
    params: v.strictObject({ roomId: RoomId, streamId: StreamId }),
    notify: true,
  },
  /** The loudest of them, twice a second; none once all are quiet. */
  audioLevels: {
    params: v.strictObject({
      roomId: RoomId,
      levels: v.pipe(v.array(AudioLevel), v.maxLength(limits.audioLevels)),
    }),
    notify: true,
  },
} as const satisfies Contract;

/** How a process introduces itself to the ROUTER socket of another. */
export const Hello = v.strictObject({
  kind: v.picklist(['controller', 'erizo', 'agent']),
  id: v.union([ErizoId, v.pipe(v.string(), v.minLength(1), v.maxLength(128))]),
});

export type AudioLevel = v.InferOutput<typeof AudioLevel>;
export type RtpStats = v.InferOutput<typeof RtpStats>;
export type ErizoBusy = v.InferOutput<typeof ErizoBusy>;
export type StreamConfig = v.InferOutput<typeof StreamConfig>;
export type ControllerToErizo = typeof controllerToErizo;
export type ErizoToController = typeof erizoToController;
