import { assertNever } from '../../protocol/assert-never.ts';
import type {
  Directory,
  DirectoryChange,
  RoomErizo,
  RoomFacts,
  RoomRecording,
  RoomStream,
} from '../../protocol/directory.ts';
import { bytesOfRow, bytesOfStream, emptyDirectory } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Jurisdiction } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { RegionMap } from '../../protocol/region-tree.ts';
import { routesAfter } from './routes.ts';

/** A controller that holds the room, and what it last said of its part. */
export interface Holder {
  readonly nodeId: string;
  /** Which of the node's leases it entered under: what an older one leaves behind is not its own. */
  readonly lease: number;
  readonly region: string;
  readonly jurisdiction?: Jurisdiction | undefined;
  readonly facts: RoomFacts;
}

export interface DirectoryState {
  readonly directory: Directory;
  /** In the order in which they entered. */
  readonly holders: readonly Holder[];
}

export type DirectoryEvent =
  | { readonly type: 'enter'; readonly holder: Holder }
  | {
      readonly type: 'facts';
      readonly nodeId: string;
      readonly lease: number;
      readonly facts: RoomFacts;
    }
  | { readonly type: 'leave'; readonly nodeId: string; readonly lease: number }
  | { readonly type: 'lost'; readonly nodeId: string; readonly lease: number }
  /** The ways between its regions were looked at. */
  | { readonly type: 'ways'; readonly map: RegionMap };

/** Tell these nodes of the change. */
export interface DirectoryEffect {
  readonly type: 'push';
  readonly to: readonly string[];
  readonly change: DirectoryChange;
}

export interface DirectoryStep {
  readonly state: DirectoryState;
  /** What the event changed; from a version to itself where that is nothing. */
  readonly change: DirectoryChange;
  readonly effects: readonly DirectoryEffect[];
}

export const emptyDirectoryState: DirectoryState = { directory: emptyDirectory, holders: [] };

/**
 * The next state of a room's directory. Throws, and changes nothing: `not_found` for facts of a
 * controller that does not hold the room, `overloaded` for one more controller than a room may have.
 */
export function directoryStep(state: DirectoryState, event: DirectoryEvent): DirectoryStep {
  const holders = holdersAfter(state.holders, event);
  refuseTooMany(holders);
  const directory = directoryOf(state, holders, event.type === 'ways' ? event.map : undefined);
  const change = changeBetween(state.directory, directory);
  const source = sourceOf(event);
  const to = holders.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId !== source);
  const changed = change.version !== change.from;
  return {
    state: { directory, holders },
    change,
    effects: changed && to.length > 0 ? [{ type: 'push', to, change }] : [],
  };
}

/** The node that knows by the answer. */
function sourceOf(event: DirectoryEvent): string | undefined {
  switch (event.type) {
    case 'enter':
      return event.holder.nodeId;
    case 'ways':
      return undefined;
    default:
      return event.nodeId;
  }
}

function holdersAfter(holders: readonly Holder[], event: DirectoryEvent): readonly Holder[] {
  switch (event.type) {
    case 'enter': {
      const { holder } = event;
      const at = holders.findIndex(({ nodeId }) => nodeId === holder.nodeId);
      return at < 0 ? [...holders, holder] : holders.with(at, holder);
    }
    case 'facts': {
      const at = holders.findIndex(
        (one) => one.nodeId === event.nodeId && one.lease === event.lease,
      );
      const holder = holders[at];
      if (holder === undefined) {
        throw new RizomaError(
          'not_found',
          'this controller does not hold the room: enter it first',
        );
      }
      return holders.with(at, { ...holder, facts: event.facts });
    }
    case 'leave':
    case 'lost':
      // News of an older lease comes late: the node has entered anew since.
      return holders.filter((one) => one.nodeId !== event.nodeId || one.lease > event.lease);
    case 'ways':
      return holders;
    default:
      return assertNever(event);
  }
}

function directoryOf(
  before: DirectoryState,
  holders: readonly Holder[],
  map: RegionMap | undefined,
): Directory {
  const next = before.directory.version + 1;
  const erizos = erizoRows(before.directory.erizos, holders, next);
  const served = new Set(erizos.map(({ erizoId }) => erizoId));
  const streams = streamRows(before, { holders, served, next });
  const recordings = recordingRows(before.directory.recordings ?? [], holders);
  const nodeIds = holders.map(({ nodeId }) => nodeId);
  const routes = routesAfter(before.directory, { erizos, streams }, map);
  const same =
    sameRows(before.directory.erizos, erizos) &&
    sameRows(before.directory.streams, streams) &&
    sameRows(before.directory.recordings ?? [], recordings) &&
    sameRows(before.directory.holders ?? [], nodeIds) &&
    routes === before.directory.routes;
  const rows = { version: next, erizos, streams, holders: nodeIds };
  const more = {
    ...(recordings.length === 0 ? {} : { recordings }),
    ...(routes === undefined ? {} : { routes }),
  };
  return same ? before.directory : { ...rows, ...more };
}

/**
 * Two controllers of a region may use one process: it stays with the first until that one drops it. One that the directory has no
 * room for is known to its own controller alone.
 */
function erizoRows(
  before: readonly RoomErizo[],
  holders: readonly Holder[],
  next: number,
): RoomErizo[] {
  const known = new Map(before.map((row) => [row.erizoId, row]));
  const rows = new Map<string, RoomErizo>();
  for (const { nodeId, region, facts } of holders) {
    for (const { erizoId, endpoint } of facts.erizos) {
      const old = known.get(erizoId);
      if (!rows.has(erizoId) || old?.nodeId === nodeId) {
        rows.set(erizoId, keep(old, { erizoId, endpoint, nodeId, region, since: next }));
      }
    }
  }
  const most = { rows: Number.POSITIVE_INFINITY, bytes: limits.roomErizos_bytes };
  return fitting([...rows.values()], {
    old: ({ erizoId }) => known.get(erizoId),
    bytesOfRow,
    most,
  });
}

/**
 * A client that changed its controller keeps its stream's id: until the old controller drops the
 * stream two claim it. It belongs to the one where the client came with the newer ticket, though the
 * other may have been away and claim it last; of two with one ticket, to the one whose claim is new. Without a ticket
 * nobody changes controllers: it stays where it is.
 */
function streamRows(
  before: DirectoryState,
  {
    holders,
    served,
    next,
  }: { holders: readonly Holder[]; served: ReadonlySet<string>; next: number },
): RoomStream[] {
  const known = new Map(before.directory.streams.map((row) => [row.streamId, row]));
  const claimed = new Map(before.holders.map((one) => [one.nodeId, streamIdsOf(one.facts)]));
  const rows = new Map<string, { row: RoomStream; claim: StreamClaim }>();
  for (const { nodeId, region, facts } of holders) {
    const own = facts.erizos.map(({ erizoId }) => erizoId);
    const alive = new Set(own.filter((erizoId) => served.has(erizoId)));
    for (const fact of facts.streams.filter(({ erizoId }) => isServed(erizoId, alive))) {
      const old = known.get(fact.streamId);
      const isNew = claimed.get(nodeId)?.has(fact.streamId) !== true;
      const { clientId, enteredAt_ms = 0 } = fact;
      const isHere = old?.nodeId === nodeId;
      const weight = isNew && enteredAt_ms > 0 ? 2 : Number(isHere);
      const claim = { clientId, isOwn: fact.number !== undefined, enteredAt_ms, weight };
      if (isStronger(claim, rows.get(fact.streamId)?.claim, old)) {
        const made = madeOf.get(fact);
        const row =
          made !== undefined && made === old
            ? old
            : keep(old, { ...fact, nodeId, region, since: next });
        madeOf.set(fact, row);
        rows.set(fact.streamId, { row, claim });
      }
    }
  }
  const most = { rows: limits.streamsPerRoom, bytes: limits.roomStreams_bytes };
  return fitting(
    [...rows.values()].map(({ row }) => row),
    { old: ({ streamId }) => known.get(streamId), bytesOfRow: bytesOfStream, most },
  );
}

/**
 * The recordings that a directory has room for: those that were in it, then those that came first. Controllers begin none where
 * there are too many; of those that several of them began at once the last ones are told to nobody until there is room.
 */
function recordingRows(
  before: readonly RoomRecording[],
  holders: readonly Holder[],
): RoomRecording[] {
  const known = new Map(before.map((row) => [row.recordingId, row]));
  const rows = new Map<string, RoomRecording>();
  for (const { nodeId, facts } of holders) {
    for (const fact of facts.recordings ?? []) {
      const old = known.get(fact.recordingId);
      if (old?.nodeId === nodeId) {
        rows.set(old.recordingId, old);
      } else if (!rows.has(fact.recordingId)) {
        rows.set(fact.recordingId, { ...fact, nodeId });
      }
    }
  }
  const rankOf = (row: RoomRecording): number => (known.get(row.recordingId) === row ? 0 : 1);
  return [...rows.values()]
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .slice(0, limits.recordingsPerRoom);
}

/**
 * The row that was made of a fact last. A controller that tells says all its facts anew, and those of all others are the same:
 * to compare them as JSON would cost as much as all that is said in the room.
 */
const madeOf = new WeakMap<RoomFacts['streams'][number], RoomStream>();

interface StreamClaim {
  readonly clientId: string;
  /** The id of the stream follows from that of the client. */
  readonly isOwn: boolean;
  readonly enteredAt_ms: number;
  readonly weight: number;
}

function isStronger(
  claim: StreamClaim,
  other: StreamClaim | undefined,
  known: RoomStream | undefined,
): boolean {
  if (other === undefined) {
    return true;
  }
  if (claim.clientId !== other.clientId) {
    // A stream is one client's for ever: a ticket of another one says nothing of it.
    return claim.isOwn === other.isOwn ? claim.clientId === known?.clientId : claim.isOwn;
  }
  return claim.enteredAt_ms === other.enteredAt_ms
    ? claim.weight > other.weight
    : claim.enteredAt_ms > other.enteredAt_ms;
}

/** A stream that is data alone has no process that could have died. */
function isServed(erizoId: string | undefined, alive: ReadonlySet<string>): boolean {
  return erizoId === undefined || alive.has(erizoId);
}

function streamIdsOf(facts: RoomFacts): Set<string> {
  return new Set(facts.streams.map(({ streamId }) => streamId));
}

/** The row as it was where nothing of it changed; what stays keeps the version it came in with. */
function keep<Row extends { since: number }>(old: Row | undefined, row: Row): Row {
  if (old === undefined) {
    return row;
  }
  const aged = { ...row, since: old.since };
  return JSON.stringify(aged) === JSON.stringify(old) ? old : aged;
}

function sameRows<Row>(before: readonly Row[], after: readonly Row[]): boolean {
  const rows = new Set(before);
  return before.length === after.length && after.every((row) => rows.has(row));
}

function changeBetween(before: Directory, after: Directory): DirectoryChange {
  const holders = rowChange(before.holders ?? [], after.holders ?? [], (nodeId) => nodeId);
  const recordings = rowChange(
    before.recordings ?? [],
    after.recordings ?? [],
    ({ recordingId }) => recordingId,
  );
  return {
    from: before.version,
    version: after.version,
    erizos: rowChange(before.erizos, after.erizos, (row) => row.erizoId),
    streams: rowChange(before.streams, after.streams, (row) => row.streamId),
    ...(recordings.put.length + recordings.removed.length === 0 ? {} : { recordings }),
    ...(holders.put.length + holders.removed.length === 0 ? {} : { holders }),
    ...(after.routes === before.routes ? {} : { routes: after.routes }),
  };
}

function rowChange<Row>(
  before: readonly Row[],
  after: readonly Row[],
  idOf: (row: Row) => string,
): { put: Row[]; removed: string[] } {
  const old = new Set(before);
  const ids = new Set(after.map(idOf));
  return {
    put: after.filter((row) => !old.has(row)),
    removed: before.map(idOf).filter((id) => !ids.has(id)),
  };
}

/**
 * The rows that a directory has room for, as it has to fit a frame: those that were in it, then those that came first. Controllers
 * refuse streams before there are too many; where several of them did not know of each other's, the last ones stay unknown to
 * other controllers, and harm none but themselves.
 */
function fitting<Row>(
  rows: readonly Row[],
  { old, bytesOfRow: bytesOf, most }: Fitting<Row>,
): Row[] {
  const room = { ...most };
  const taken = new Set<Row>();
  // Those that did not change come first: one that grew pushes out none but itself.
  const rankOf = (row: Row): number => (old(row) === row ? 0 : old(row) === undefined ? 2 : 1);
  for (const row of rows.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    const bytes = bytesOf(row);
    if (room.rows > 0 && room.bytes >= bytes) {
      room.rows -= 1;
      room.bytes -= bytes;
      taken.add(row);
    }
  }
  return taken.size === rows.length ? [...rows] : rows.filter((row) => taken.has(row));
}

interface Fitting<Row> {
  /** The row of before, which is the same object where nothing has changed. */
  readonly old: (row: Row) => Row | undefined;
  readonly bytesOfRow: (row: Row) => number;
  readonly most: { readonly rows: number; readonly bytes: number };
}

/** A controller that enters has to be answered in one frame. */
function refuseTooMany(holders: readonly Holder[]): void {
  if (holders.length > limits.controllersPerRoom) {
    throw new RizomaError('overloaded', 'the room is full', {
      details: { controllers: holders.length },
    });
  }
}
