import type { Clock } from '../../protocol/clock.ts';
import type {
  RecordingEnded,
  StartRecorderMessage,
  StopRecorderMessage,
} from '../../protocol/contracts/client.ts';
import type { RecordingEnd } from '../../protocol/contracts/controller-erizo.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { newStreamId } from '../../protocol/ids.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import { RecordingReports } from './recording-reports.ts';
import type { RoomParts } from './room-parts.ts';

/** A recording that was asked for here; it has a place at its process as a client has one. */
export interface Recording {
  readonly recordingId: string;
  readonly streamId: string;
  /** Aborts the call that begins it. */
  readonly abort: AbortController;
  /** Tracks that it takes: one of each kind. */
  readonly consumers: number;
  erizo: Erizo | undefined;
  stopped: Promise<RecordingEnd> | undefined;
  /** Whether it was told that it has begun, so that its end is to be told too. */
  begun: boolean;
}

const lost: RecordingEnd = { why: 'failed', duration_ms: 0, size_bytes: 0 };

/** The recordings of a room that were asked for at this controller. */
export class Recordings {
  readonly #parts: RoomParts;
  readonly #onIdle: () => void;
  readonly #recordings = new Map<string, Recording>();
  readonly #reports: RecordingReports;

  /**
   * `onIdle` is called when the last one is over, and when the Room object knows of all of them;
   * `onNoHolder` where that does not count this controller as a holder of the room.
   */
  constructor(
    components: { parts: RoomParts; clock: Clock; edge: Edge },
    options: { onIdle: () => void; onNoHolder: () => void },
  ) {
    const { parts, clock, edge } = components;
    this.#parts = parts;
    this.#onIdle = options.onIdle;
    const { roomId, log } = parts;
    this.#reports = new RecordingReports({ clock, edge, log }, { roomId, ...options });
  }

  /** Nothing is recorded here, and the Room object knows it. */
  get isIdle(): boolean {
    return this.size === 0 && this.#reports.isIdle;
  }

  /** The Room object counts this controller as a holder, for the first time or again. */
  entered(): void {
    this.#reports.entered();
  }

  get size(): number {
    return this.#recordings.size;
  }

  /**
   * Licode: `onStartRecorder`. Answers the recording's id when the first of it is in the file: on the
   * host of the publisher's process where this controller has that, else on one of its own processes.
   */
  async start(client: Client, { to: streamId }: StartRecorderMessage): Promise<string> {
    client.demand('record', {});
    const stream = this.#stream(streamId);
    if (this.size >= defaults.recordings) {
      throw new RizomaError('overloaded', `a room has ${defaults.recordings} recordings at a time`);
    }
    const recording: Recording = {
      recordingId: newStreamId(),
      streamId,
      abort: new AbortController(),
      consumers: 2,
      erizo: undefined,
      stopped: undefined,
      begun: false,
    };
    const { recordingId } = recording;
    this.#recordings.set(recordingId, recording);
    try {
      await this.#begin(recording, stream);
    } catch (thrown) {
      this.#parts.log.warn({ recordingId, streamId, err: thrown }, 'recording did not begin');
      this.#forget(recording);
      throw thrown;
    }
    this.#parts.log.info({ clientId: client.id, recordingId, streamId }, 'recording started');
    this.#parts.broadcast('recording_started', { id: recordingId, streamId });
    if (this.#recordings.has(recordingId)) {
      recording.begun = true;
      this.#reports.tell({ id: recordingId, streamId });
    }
    return recordingId;
  }

  /** Licode: `onStopRecorder`, from any client that may record. Resolves when the file is closed. */
  async stop(client: Client, { id }: StopRecorderMessage): Promise<void> {
    client.demand('record', {});
    const recording = this.#recordings.get(id);
    if (recording === undefined) {
      throw new RizomaError('not_found', 'This stream is not being recorded');
    }
    const { why } = await this.#stop(recording);
    if (why === 'failed') {
      throw new RizomaError('unavailable', 'the file was not closed: what is in it may still play');
    }
  }

  /** A process says that a recording is over. */
  ended(recordingId: string, end: RecordingEnd): void {
    const recording = this.#recordings.get(recordingId);
    if (recording !== undefined) {
      this.#over(recording, end);
    }
  }

  /** A process is lost, and with it the files that it wrote are not closed. */
  erizoDied(erizoId: string): void {
    for (const recording of this.#recordings.values()) {
      if (recording.erizo?.erizoId === erizoId) {
        this.#over(recording, lost);
      }
    }
  }

  /** Nobody of the room is here any more. */
  close(): void {
    for (const recording of this.#recordings.values()) {
      recording.abort.abort(new RizomaError('cancelled', 'the room was left'));
      void this.#stop(recording);
    }
  }

  async #begin(recording: Recording, stream: RoomStream): Promise<void> {
    const { recordingId, streamId, abort } = recording;
    const { roomId, erizos, streams } = this.#parts;
    const erizo = erizos.join(recording, stream.erizoId) ?? (await erizos.take(recording));
    recording.erizo = erizo;
    abort.signal.throwIfAborted();
    const route = streams.route(stream, erizo.erizoId, erizos.facts);
    await erizo.rpc.call(
      'addExternalOutput',
      { roomId, streamId, recordingId, route, grant: this.#parts.grant() },
      { signal: abort.signal },
    );
  }

  #stream(streamId: string): RoomStream {
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined) {
      throw new RizomaError('not_found', `stream ${streamId} does not exist`);
    }
    if (stream.erizoId === undefined) {
      throw new RizomaError('bad_request', 'the media of this stream does not come here');
    }
    return stream;
  }

  /** Never rejects: a process that does not answer is lost, and the file with it. */
  #stop(recording: Recording): Promise<RecordingEnd> {
    const { recordingId, erizo } = recording;
    recording.stopped ??= (async () => {
      try {
        const end = await erizo?.rpc.call('removeExternalOutput', { recordingId });
        this.#over(recording, end ?? lost);
        return end ?? lost;
      } catch (thrown) {
        this.#parts.log.warn({ recordingId, code: toRizomaError(thrown).code }, 'not stopped');
        this.#over(recording, lost);
        return lost;
      }
    })();
    return recording.stopped;
  }

  #over(recording: Recording, end: RecordingEnd): void {
    const { recordingId: id, streamId } = recording;
    if (recording.begun && this.#recordings.has(id)) {
      this.#reports.tell({ id, streamId, end });
    }
    if (this.#forget(recording)) {
      this.#parts.log.info({ recordingId: id, streamId, ...end }, 'recording ended');
      const message: RecordingEnded = { id, streamId, ...end };
      this.#parts.broadcast('recording_ended', message);
    }
  }

  #forget(recording: Recording): boolean {
    const known = this.#recordings.delete(recording.recordingId);
    this.#parts.erizos.release(recording);
    if (known && this.size === 0) {
      this.#onIdle();
    }
    return known;
  }
}
