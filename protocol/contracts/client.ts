import * as v from 'valibot';
import { BandwidthAlert } from '../adaptation.ts';
import { sizeOf } from '../bytes.ts';
import {
  ClientId,
  ConnectionId,
  RecordingId,
  RegionId,
  ReturnKey,
  RoomId,
  StreamId,
  StreamNumber,
} from '../ids.ts';
import { Layer } from '../layers.ts';
import { limits } from '../limits.ts';
import {
  adaptationEntries,
  muteEntry,
  playConfigOf,
  playEntries,
  StrategyMessage,
  UpdateConfig,
} from './client-config.ts';
import { ClientSdpMessage, ConnectionPlan, SdpMessage } from './controller-erizo.ts';
import { RecordingEnd, RecordingFormat, RecordingPart } from './external-media.ts';

/**
 * What clients and controllers say to each other over socket.io 4, websocket only (Licode:
 * `erizo_controller/erizoClient/src/Socket.js`). Each message is wrapped by Licode's ReliableSocket:
 * `{ socketgd: number, msg }`, confirmed with the event `socketgd_ack` `{ id }`. Every event of a
 * client has a callback; Licode's order of its arguments is kept.
 */

/** What a client may ask to be told of the sound of its room. */
export const SoundWish = v.picklist(['speaker', 'levels']);

/** What the query of the handshake holds beside the token's four fields. All values are text there. */
export const HandshakeAdditions = v.pipe(
  v.object({
    /** Ours: a ticket in the place of the token. */
    ticket: v.optional(v.pipe(v.string(), v.maxLength(4_096))),
    /** Ours: the plan that the client can do. */
    plan: v.optional(ConnectionPlan),
    /** Ours: to hear who speaks, or that and how loud the others are. */
    sound: v.optional(SoundWish),
    /** Ours: the client sends the layers that it is told (`onLayersWanted`), and no others. */
    layers: v.optional(v.literal('follow')),
    /** Licode: options of `room.connect`, which its clients send as they were given them. */
    singlePC: v.optional(v.unknown()),
    streamPriorityStrategy: StrategyMessage,
    /**
     * Licode: a client that comes back within `limits.reconnection_ms` sends the `clientId` that `connected` gave it,
     * which is its return key.
     */
    clientId: v.optional(ReturnKey),
  }),
  v.transform(({ ticket, plan, sound, layers, singlePC, streamPriorityStrategy, clientId }) => ({
    ticket,
    sound,
    followsLayers: layers === 'follow',
    strategy: streamPriorityStrategy,
    plan: plan ?? (singlePC === 'true' ? ('single' as const) : ('stream' as const)),
    returnKey: clientId,
  })),
);

/**
 * What our SDK puts in socket.io's `auth`, which is no part of the URL that proxies write down: the key with which it comes
 * back within `limits.reconnection_ms`.
 */
export const HandshakeAuth = v.object({ returnKey: v.optional(ReturnKey) });

const text = v.pipe(v.string(), v.maxLength(limits.name_chars));
const attributes = v.pipe(
  v.record(v.string(), v.unknown()),
  v.check((value) => sizeOf(value) <= limits.attributes_bytes, 'attributes are too large'),
);
/** Licode's clients send `undefined`, which JSON makes absent or null, or an object of constraints. */
const wish = v.pipe(
  v.optional(v.union([v.boolean(), v.null(), v.record(v.string(), v.unknown())]), false),
  v.transform((value) => value !== false && value !== null),
);
/** Licode's ids are numbers; ours are text, and either is understood. */
const streamId = v.pipe(v.union([v.string(), v.number()]), v.transform(String), StreamId);

/** What a subscriber hears unless it says no: Licode's clients may leave it out. */
const dataWish = v.pipe(
  v.optional(v.nullable(v.boolean()), true),
  v.transform((value) => value !== false),
);
/** Whatever a publisher says, as JSON. */
const said = v.pipe(
  v.optional(v.unknown()),
  v.check((value) => sizeOf(value) <= limits.data_bytes, 'the message is too large'),
);

export { sizeOf };

/** `publish`: `{ options, sdp }` → `(streamId, erizoId, connectionId)` or `(null, text)`. */
export const PublishMessage = v.object({
  options: v.object({
    state: v.picklist(['erizo', 'data', 'p2p', 'url', 'recording']),
    audio: wish,
    video: wish,
    data: wish,
    screen: wish,
    label: v.optional(text),
    attributes: v.optional(v.nullable(attributes)),
    muteStream: muteEntry,
    ...adaptationEntries,
    /** Ours: the client's own number of the stream, from which its id follows, here and at every controller. */
    number: v.optional(StreamNumber),
  }),
  /** Of the states `url` and `recording` (Licode): the URL, or the id of the recording. */
  sdp: v.optional(v.unknown()),
});

/** `subscribe`: `{ options }` → `(true, erizoId, connectionId)` or `(null, text)`. */
export const SubscribeMessage = v.object({
  options: v.pipe(
    v.object({ streamId, audio: wish, data: dataWish, ...playEntries }),
    v.transform((said) => {
      const { streamId: id, audio, data, video } = said;
      return { streamId: id, audio, data, video: video.wanted, config: playConfigOf(said) };
    }),
  ),
});

/** `unpublish`, `unsubscribe` and `getStreamStats`: the stream id → `(true)`, the stats, or `(null, text)`. */
export const StreamIdMessage = streamId;

/** `streamMessage`: `{ options: { streamId, erizoId, msg } }` → `()`. */
export const StreamMessage = v.object({
  options: v.object({
    streamId,
    msg: v.variant('type', [
      v.object({ type: v.literal('updatestream'), config: UpdateConfig }),
      v.object({ type: v.literal('control') }),
    ]),
  }),
});

/** `streamMessageP2P`: `{ options: { streamId, peerSocket, msg } }` → `()`, in a room of that kind. */
export const P2pMessage = v.object({
  options: v.object({ streamId, peerSocket: ClientId, msg: said }),
});

/** `sendDataStream`: `{ id, msg }` → `()`, from the publisher of the stream. */
export const SendDataMessage = v.object({ id: streamId, msg: said });

/** `updateStreamAttributes`: `{ id, attrs }` → `()`, from the publisher of the stream. */
export const UpdateAttributesMessage = v.object({ id: streamId, attrs: attributes });

const [offer, answer] = ClientSdpMessage.options;

/** `connectionMessage`: `{ options: { connectionId, erizoId, msg, browser } }` → `()`. */
export const ConnectionMessage = v.object({
  options: v.object({
    connectionId: ConnectionId,
    msg: v.variant('type', [
      // Some versions of Licode's client send more beside the SDP, which nothing here needs.
      v.object(offer.entries),
      v.object(answer.entries),
      v.object({ type: v.literal('offer-error') }),
      v.object({ type: v.literal('failed') }),
      /** Trickled candidates are not needed: our side is ICE-lite (RFC 8445, section 2.5). */
      v.object({ type: v.literal('candidate') }),
    ]),
    /** As Licode's client calls it: `mozilla`, `chrome-stable`, `safari`, ... */
    browser: v.optional(v.pipe(v.string(), v.maxLength(limits.name_chars))),
  }),
});

/**
 * A stream as clients see it (Licode: `getPublicStream`), and the region that it comes from. The
 * label of one with media is its id, which is that of the MediaStream in which others get it: a
 * publisher's own words could be those of another's stream, and Licode's client goes by them.
 */
export const PublicStream = v.object({
  id: StreamId,
  audio: v.boolean(),
  video: v.boolean(),
  data: v.boolean(),
  screen: v.boolean(),
  label: text,
  attributes: v.record(v.string(), v.unknown()),
  region: v.optional(RegionId),
});

/**
 * `recording_started`: ours, to all in the room who have our SDK, and to who asked for it. A stream of the room is being
 * recorded, at whichever controller; `connected` has those that were begun before.
 */
export const RecordingStarted = v.object({ id: RecordingId, streamId: StreamId });

/** `connected`: the first event of a controller. */
export const Connected = v.object({
  streams: v.array(PublicStream),
  id: RoomId,
  /** To clients on Licode's wire their return key, as they send it back; to our SDK the id that others know. */
  clientId: ClientId,
  /** Ours, to our SDK. */
  returnKey: v.optional(ReturnKey),
  singlePC: v.boolean(),
  p2p: v.boolean(),
  streamPriorityStrategy: v.union([v.string(), v.boolean()]),
  connectionTargetBw: v.number(),
  defaultVideoBW: v.number(),
  maxVideoBW: v.number(),
  iceServers: v.array(v.object({ urls: v.union([v.string(), v.array(v.string())]) })),
  region: v.optional(RegionId),
  plan: v.optional(ConnectionPlan),
  /** Ours, to our SDK: what is being recorded. */
  recordings: v.optional(v.array(RecordingStarted)),
});

/** `onAddStream` carries a `PublicStream`; `onRemoveStream` this. */
export const RemovedStream = v.object({ id: StreamId });

/**
 * `stream_moved`: ours, for clients of our plan. The stream comes from another process from now on: whoever
 * plays it subscribes anew, and does not wait until the old one ends.
 */
export const MovedStream = v.object({ id: StreamId });

/** `onDataStream`: what the publisher said, for those who subscribed to the stream's data. */
export const DataMessage = v.object({ id: StreamId, msg: v.optional(v.unknown()) });

/** `onUpdateAttributeStream`: the stream has other attributes, for the same. */
export const AttributesMessage = v.object({
  id: StreamId,
  attrs: v.record(v.string(), v.unknown()),
});

/** `connection_message_erizo`. */
export const ConnectionMessageErizo = v.object({
  connectionId: ConnectionId,
  info: v.optional(v.string()),
  evt: v.union([
    SdpMessage,
    v.object({
      type: v.literal('error'),
      previousType: v.picklist(['offer', 'answer', 'offer-error', 'failed']),
      /** Ours: the code and the words of what was wrong. */
      code: v.optional(v.string()),
      message: v.optional(v.string()),
    }),
    /** How good the connection is: 2 good, 1 low, 0 very low. */
    v.object({ type: v.literal('quality_level'), level: v.picklist([0, 1, 2]) }),
  ]),
});

/** `onBandwidthAlert`: a stream that the client receives gets less than its publisher wants, or enough again. */
export const BandwidthAlertMessage = v.object({
  streamID: StreamId,
  message: BandwidthAlert,
  /** In bit/s; 0 where no more is tried. */
  bandwidth: v.number(),
});

/** `connection_failed`: a stream of this client ended by itself. */
export const ConnectionFailed = v.object({
  type: v.picklist(['publish', 'subscribe']),
  streamId: StreamId,
  /** Ours: why, as a code and in words. */
  code: v.optional(v.string()),
  message: v.optional(v.string()),
});

/** `room_ended`: ours. The last event before the controller disconnects a client by itself, and why. */
export const RoomEnded = v.object({ code: v.string(), message: v.string() });

/** `startRecorder`: `{ to, format? }`, a stream id, and ours → the recording's id, or `(null, text)`. */
export const StartRecorderMessage = v.object({
  to: streamId,
  format: v.optional(RecordingFormat, 'mkv'),
});

/** `stopRecorder`: `{ id }` of a recording → `(true)` when its file is closed, or `(null, text)`. */
export const StopRecorderMessage = v.object({ id: streamId });

/**
 * `recording_continued`: ours, at the controller where it was asked for. It failed, and goes on in a further file, `<id>-<part>`, under the same id; the
 * file before was not closed, or ends where the way to the stream broke.
 */
export const RecordingContinued = v.object({
  id: RecordingId,
  streamId: StreamId,
  part: RecordingPart,
});

/**
 * `recording_ended`: ours, to whom its beginning was told. At the controller where it was asked for it says how it ended; where
 * it `failed` its last file was not closed.
 */
export const RecordingEnded = v.object({
  id: RecordingId,
  streamId: StreamId,
  ...v.partial(RecordingEnd).entries,
});

/**
 * `onLayersWanted`: ours, to publishers that follow. Up to which spatial layer of simulcast somebody plays or
 * records the video of the stream, 0 being the lowest; null where nobody does. Until it is said all are.
 */
export const LayersWanted = v.object({ id: StreamId, spatial: v.nullable(Layer) });

/** `onActiveSpeaker`: ours, to those that asked. Another stream is the one that speaks. */
export const ActiveSpeaker = v.object({ id: StreamId });

/**
 * `onAudioLevels`: ours, to those that asked; at most twice a second. The loudest streams, in dBov (0 is
 * the loudest); none once all are quiet.
 */
export const AudioLevels = v.object({
  levels: v.array(v.object({ id: StreamId, level_dBov: v.number() })),
});

/** A stamp as it travels: a JWT (RFC 7519). */
export const StampText = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.stamp_chars));

/** `onStamp`: ours, to clients that came by a ticket, each few minutes. `POST /rejoin` asks for the newest. */
export const StampMessage = v.object({ stamp: StampText });

/**
 * `move`: ours. The controller ends soon: the client is to go to another one within that time, at a moment
 * of its own choice, and to leave this one when it plays there.
 */
export const Move = v.object({ within_ms: v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)) });

/** What a client may send. */
export const clientEvents = [
  'publish',
  'unpublish',
  'subscribe',
  'unsubscribe',
  'connectionMessage',
  'streamMessage',
  'streamMessageP2P',
  'getStreamStats',
  'sendDataStream',
  'updateStreamAttributes',
  'startRecorder',
  'stopRecorder',
  'autoSubscribe',
  'setStreamPriorityStrategy',
  'setConnectionTargetBandwidth',
  'setLastN',
  /** Ours: `()` → `()`, by which a client knows soon that its controller is lost. It has no number. */
  'heartbeat',
  'clientDisconnection',
] as const;

/** Codes of the middleware error of a refused handshake stand in `err.data` after `token: ` (Licode). */
export const tokenErrorPrefix = 'token: ';

export type SoundWish = v.InferOutput<typeof SoundWish>;
export type HandshakeAdditions = v.InferOutput<typeof HandshakeAdditions>;
export type PublishMessage = v.InferOutput<typeof PublishMessage>;
export type SubscribeMessage = v.InferOutput<typeof SubscribeMessage>;
export type ConnectionMessage = v.InferOutput<typeof ConnectionMessage>;
export type P2pMessage = v.InferOutput<typeof P2pMessage>;
export type StreamMessage = v.InferOutput<typeof StreamMessage>;
export type BandwidthAlertMessage = v.InferOutput<typeof BandwidthAlertMessage>;
export type AudioLevels = v.InferOutput<typeof AudioLevels>;
export type LayersWanted = v.InferOutput<typeof LayersWanted>;
export type SendDataMessage = v.InferOutput<typeof SendDataMessage>;
export type UpdateAttributesMessage = v.InferOutput<typeof UpdateAttributesMessage>;
export type DataMessage = v.InferOutput<typeof DataMessage>;
export type AttributesMessage = v.InferOutput<typeof AttributesMessage>;
export type PublicStream = v.InferOutput<typeof PublicStream>;
export type Connected = v.InferOutput<typeof Connected>;
export type ConnectionMessageErizo = v.InferOutput<typeof ConnectionMessageErizo>;
export type Move = v.InferOutput<typeof Move>;
export type RoomEnded = v.InferOutput<typeof RoomEnded>;
export type ConnectionFailed = v.InferOutput<typeof ConnectionFailed>;
export type StartRecorderMessage = v.InferOutput<typeof StartRecorderMessage>;
export type StopRecorderMessage = v.InferOutput<typeof StopRecorderMessage>;
export type RecordingStarted = v.InferOutput<typeof RecordingStarted>;
export type RecordingContinued = v.InferOutput<typeof RecordingContinued>;
export type RecordingEnded = v.InferOutput<typeof RecordingEnded>;
export type ClientEvent = (typeof clientEvents)[number];
