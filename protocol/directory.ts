import * as v from 'valibot';
import { sizeOf } from './bytes.ts';
import { Adaptation } from './adaptation.ts';
import { ClientId, ErizoId, NodeId, RecordingId, RegionId, StreamId, StreamNumber } from './ids.ts';
import { limits } from './limits.ts';

const octet = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const port = String.raw`(?:6553[0-5]|655[0-2]\d|65[0-4]\d{2}|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})`;

/**
 * Where a socket of a node listens: `tcp://10.0.0.1:40123`. Nodes listen on IPv4 addresses, and a name would have
 * every node that hears of it ask the resolver for it.
 */
export const Endpoint = v.pipe(
  v.string(),
  v.regex(
    new RegExp(String.raw`^tcp://${octet}(?:\.${octet}){3}:${port}$`),
    'an endpoint is an IPv4 address and a port: tcp://10.0.0.1:40123',
  ),
);

/** What a stream is, as its publisher says (Licode: `getPublicStream`). */
export const StreamMedia = v.strictObject({
  audio: v.boolean(),
  video: v.boolean(),
  data: v.boolean(),
  screen: v.boolean(),
  /** The id of the MediaStream that the publisher sends. */
  label: v.pipe(v.string(), v.maxLength(limits.name_chars)),
  attributes: v.pipe(
    v.record(v.string(), v.unknown()),
    v.check((value) => sizeOf(value) <= limits.attributes_bytes, 'attributes are too large'),
  ),
});

const Time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** An ErizoJS process that a room uses, as its controller reports it. */
export const ErizoFact = v.strictObject({ erizoId: ErizoId, endpoint: Endpoint });

/** A published stream, as its controller reports it. */
export const StreamFact = v.strictObject({
  streamId: StreamId,
  clientId: ClientId,
  /** Where its media comes in; absent where it is data alone, which goes through signalling. */
  erizoId: v.optional(ErizoId),
  userName: v.pipe(v.string(), v.maxLength(limits.name_chars)),
  media: StreamMedia,
  /** What its subscribers are to get, wherever they are. */
  adaptation: v.optional(Adaptation),
  /** From which its id follows (`numberedStreamId`), so that it is its client's alone. */
  number: v.optional(StreamNumber),
  /** When the edge made the ticket with which its publisher came; of two that claim a stream the newer has it. */
  enteredAt_ms: v.optional(Time),
});

/** A recording that is being made, as the controller reports it at which somebody asked for it. */
export const RecordingFact = v.strictObject({ recordingId: RecordingId, streamId: StreamId });

/** All that one controller knows of its part of a room. */
export const RoomFacts = v.strictObject({
  erizos: v.pipe(v.array(ErizoFact), v.maxLength(limits.controllersPerRoom)),
  streams: v.pipe(v.array(StreamFact), v.maxLength(limits.streamsPerRoom)),
  /** Absent where there are none. */
  recordings: v.optional(
    v.pipe(v.array(RecordingFact), v.maxLength(limits.recordingsPerController)),
  ),
});

const owner = {
  nodeId: NodeId,
  region: RegionId,
  /** The version of the directory in which it came in: an order that everyone agrees on. */
  since: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
};

export const RoomErizo = v.strictObject({ ...ErizoFact.entries, ...owner });
export const RoomStream = v.strictObject({ ...StreamFact.entries, ...owner });
export const RoomRecording = v.strictObject({ ...RecordingFact.entries, nodeId: NodeId });

const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** How streams of one region reach the others: the region that each of them pulls from. */
export const RegionRoute = v.strictObject({
  origin: RegionId,
  parents: v.pipe(v.record(RegionId, RegionId), v.maxEntries(limits.regions)),
});

/** For each region in which somebody publishes. A region that is not in it pulls from the origin. */
const Routes = v.pipe(v.array(RegionRoute), v.maxLength(limits.regions));

/** Users of that name were removed from a room at that time, by the clock of the edge. */
export const Removal = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(limits.name_chars)),
  at_ms: Time,
});
export type Removal = v.InferOutput<typeof Removal>;

const Recordings = v.pipe(v.array(RoomRecording), v.maxLength(limits.recordingsPerRoom));

const HolderIds = v.pipe(v.array(NodeId), v.maxLength(limits.controllersPerRoom));

/** Who publishes what and where in a room, and what of it is recorded: kept by the Room object, held by its controllers. */
export const Directory = v.strictObject({
  version: Version,
  erizos: v.array(RoomErizo),
  streams: v.array(RoomStream),
  /** Absent where there are none. */
  recordings: v.optional(Recordings),
  /** Nodes whose controllers hold the room, though they use no process for it yet. */
  holders: v.optional(HolderIds),
  /** Absent until the ways between the regions are known: controllers go by distance then. */
  routes: v.optional(Routes),
});

/** What leads from one version of a directory to a later one. */
export const DirectoryChange = v.strictObject({
  /** The version that it applies to; a holder of another one asks for the whole. */
  from: Version,
  version: Version,
  erizos: v.strictObject({ put: v.array(RoomErizo), removed: v.array(ErizoId) }),
  streams: v.strictObject({ put: v.array(RoomStream), removed: v.array(StreamId) }),
  /** Absent where they stay. */
  recordings: v.optional(v.strictObject({ put: Recordings, removed: v.array(RecordingId) })),
  /** Absent where they stay. */
  holders: v.optional(v.strictObject({ put: HolderIds, removed: HolderIds })),
  /** All of them anew; absent where they stay. */
  routes: v.optional(Routes),
});

export type StreamMedia = v.InferOutput<typeof StreamMedia>;
export type ErizoFact = v.InferOutput<typeof ErizoFact>;
export type StreamFact = v.InferOutput<typeof StreamFact>;
export type RecordingFact = v.InferOutput<typeof RecordingFact>;
export type RoomFacts = v.InferOutput<typeof RoomFacts>;
export type RoomErizo = v.InferOutput<typeof RoomErizo>;
export type RoomStream = v.InferOutput<typeof RoomStream>;
export type RoomRecording = v.InferOutput<typeof RoomRecording>;
export type RegionRoute = v.InferOutput<typeof RegionRoute>;
export type Directory = v.InferOutput<typeof Directory>;
export type DirectoryChange = v.InferOutput<typeof DirectoryChange>;

export const emptyDirectory: Directory = { version: 0, erizos: [], streams: [] };

const sizes = new WeakMap<object, number>();

/** What a stream has beside the fields below: ids, region, times. */
const restOfStream_bytes = 500;

/** Bytes of a stream in facts and directories, as JSON in UTF-8; somewhat more than they are. */
export function bytesOfStream({ userName, media }: Pick<StreamFact, 'userName' | 'media'>): number {
  const known = sizes.get(media);
  const bytes = known ?? sizeOf(media);
  sizes.set(media, bytes);
  // An escape of JSON has six bytes.
  return bytes + userName.length * 6 + restOfStream_bytes;
}

/** Bytes of a row or a route whose texts are all ASCII. */
export function bytesOfRow(row: RoomErizo | RegionRoute): number {
  return JSON.stringify(row).length + 1;
}

/** The directory after the change, or undefined where the change is for another version. */
export function applyChange(directory: Directory, change: DirectoryChange): Directory | undefined {
  if (directory.version !== change.from) {
    return undefined;
  }
  const routes = change.routes ?? directory.routes;
  const holders = holdersAfter(directory.holders, change.holders);
  const nothing = { put: [], removed: [] };
  const recordings = merge(
    directory.recordings ?? [],
    change.recordings ?? nothing,
    ({ recordingId }) => recordingId,
  );
  return {
    version: change.version,
    erizos: merge(directory.erizos, change.erizos, (erizo) => erizo.erizoId),
    streams: merge(directory.streams, change.streams, (stream) => stream.streamId),
    ...(recordings.length === 0 ? {} : { recordings }),
    ...(holders === undefined ? {} : { holders }),
    ...(routes === undefined ? {} : { routes }),
  };
}

function holdersAfter(
  holders: string[] | undefined,
  change: DirectoryChange['holders'],
): string[] | undefined {
  return change === undefined ? holders : merge(holders ?? [], change, (nodeId) => nodeId);
}

/** The rows after the change; the same array where nothing of them changes. */
function merge<T>(
  rows: T[],
  change: { put: readonly T[]; removed: readonly string[] },
  idOf: (row: T) => string,
): T[] {
  if (change.put.length + change.removed.length === 0) {
    return rows;
  }
  const merged = new Map(rows.map((row) => [idOf(row), row]));
  for (const id of change.removed) {
    merged.delete(id);
  }
  for (const row of change.put) {
    merged.set(idOf(row), row);
  }
  return [...merged.values()];
}
