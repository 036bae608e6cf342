import type { RecordingEnded, RecordingStarted } from '../../protocol/contracts/client.ts';
import type { Directory, RecordingFact } from '../../protocol/directory.ts';
import type { RoomParts } from './room-parts.ts';

/** The recordings of a room that were asked for at other controllers, as its directory has them: clients here are told of them too. */
export class OtherRecordings {
  readonly #parts: Pick<RoomParts, 'announce'>;
  readonly #nodeId: string;
  #known = new Map<string, RecordingFact>();

  constructor(parts: Pick<RoomParts, 'announce'>, options: { nodeId: string }) {
    this.#parts = parts;
    this.#nodeId = options.nodeId;
  }

  get all(): RecordingFact[] {
    return [...this.#known.values()];
  }

  get size(): number {
    return this.#known.size;
  }

  /** Takes a directory: what is new in it has begun, and what is in it no more is over, also where its node was lost. */
  learn({ recordings = [] }: Directory): void {
    const before = this.#known;
    const others = recordings.filter(({ nodeId }) => nodeId !== this.#nodeId);
    this.#known = new Map(others.map((row) => [row.recordingId, row]));
    for (const { recordingId: id, streamId } of before.values()) {
      if (!this.#known.has(id)) {
        this.#parts.announce('recording_ended', { id, streamId } satisfies RecordingEnded);
      }
    }
    for (const { recordingId: id, streamId } of this.#known.values()) {
      if (!before.has(id)) {
        this.#parts.announce('recording_started', { id, streamId } satisfies RecordingStarted);
      }
    }
  }
}
