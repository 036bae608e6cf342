import type { Directory, RoomErizo, RoomFacts, RoomStream } from '../../protocol/directory.ts';

/** What a controller said itself of its part of a room. */
export interface ToldFacts {
  readonly nodeId: string;
  readonly region: string;
  readonly facts: RoomFacts;
}

/**
 * The directory with what some nodes told themselves in the place of what it says of them. Rows that it does
 * not have yet come after all that it has, numbered as their own controller numbers them (`Streams.route`),
 * so that those who hold one version of the directory see one cascade.
 *
 * Nobody here can check when a client came to whom. So a stream that the directory has at one node is another's only where
 * the same client has moved while the edge, which would know, is away (`mayMove`).
 */
export function withTold(
  directory: Directory,
  told: readonly ToldFacts[],
  { mayMove }: { mayMove: boolean },
): Directory {
  if (told.length === 0) {
    return directory;
  }
  const speakers = new Set(told.map(({ nodeId }) => nodeId));
  const kept = <Row extends { nodeId: string }>(rows: readonly Row[]): Row[] =>
    rows.filter(({ nodeId }) => !speakers.has(nodeId));
  const erizos = new Map(kept(directory.erizos).map((row) => [row.erizoId, row]));
  const streams = new Map(kept(directory.streams).map((row) => [row.streamId, row]));
  const { recordings: before = [], ...rest } = directory;
  const recordings = new Map(kept(before).map((row) => [row.recordingId, row]));
  for (const one of told) {
    for (const row of erizoRows(directory, one)) {
      // Two controllers of a region may use one process: it stays with the first.
      erizos.set(row.erizoId, erizos.get(row.erizoId) ?? row);
    }
    for (const row of streamRows(directory, one)) {
      const other = streams.get(row.streamId);
      if (other === undefined || (mayMove && hasMoved(row, other))) {
        streams.set(row.streamId, row);
      }
    }
    for (const fact of one.facts.recordings ?? []) {
      recordings.set(fact.recordingId, { ...fact, nodeId: one.nodeId });
    }
  }
  return {
    ...rest,
    erizos: [...erizos.values()],
    streams: [...streams.values()],
    ...(recordings.size === 0 ? {} : { recordings: [...recordings.values()] }),
  };
}

function erizoRows(directory: Directory, { nodeId, region, facts }: ToldFacts): RoomErizo[] {
  const known = new Map(directory.erizos.map((row) => [row.erizoId, row]));
  let next = directory.version;
  return facts.erizos.map((fact) => {
    const since = known.get(fact.erizoId)?.since ?? (next += 1);
    return { ...fact, nodeId, region, since };
  });
}

function streamRows(directory: Directory, { nodeId, region, facts }: ToldFacts): RoomStream[] {
  const known = new Map(directory.streams.map((row) => [row.streamId, row]));
  return facts.streams.map((fact) => {
    const since = known.get(fact.streamId)?.since ?? directory.version + 1;
    return { ...fact, nodeId, region, since };
  });
}

/** A client that changed its controller has its stream where it came with the newer ticket. */
function hasMoved(row: RoomStream, other: RoomStream): boolean {
  return row.clientId === other.clientId && (row.enteredAt_ms ?? 0) >= (other.enteredAt_ms ?? 0);
}
