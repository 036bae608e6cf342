import type { Clock } from '../../protocol/clock.ts';
import type {
  RecordingContinued,
  RecordingEnded,
  RecordingStarted,
  StartRecorderMessage,
  StopRecorderMessage,
} from '../../protocol/contracts/client.ts';
import type { RecordingEnd, RecordingFormat } from '../../protocol/contracts/external-media.ts';
import type { RecordingFact, RoomStream } from '../../protocol/directory.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { newStreamId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import { demandAlive } from './erizos.ts';
import { OtherRecordings } from './other-recordings.ts';
import type { Origin, RecordableParts } from './recordable.ts';
import { Recordable } from './recordable.ts';
import { RecordingReports } from './recording-reports.ts';
import type { RoomParts } from './room-parts.ts';

/** A recording that was asked for here; it has a place at its process as a client has one. */
export interface Recording {
  readonly recordingId: string;
  readonly streamId: string;
  readonly format: RecordingFormat;
  /** Who asked for it. */
  readonly client: Client;
  /** Aborts the call that begins it. */
  readonly abort: AbortController;
  /** Tracks that it takes: one of each kind. */
  readonly consumers: number;
  erizo: Erizo | undefined;
  /** Where the stream comes from, as of its last file. */
  origin: Origin;
  stopped: Promise<RecordingEnd> | undefined;
  /** `between`: it failed, and goes on in a further file. All but the first state were told, and so is the end. */
  at: 'beginning' | 'writing' | 'between';
  /** How it ended, where that came before the answer to the call that begins it. */
  early: RecordingEnd | undefined;
  /** Which of its files is the last. */
  files: number;
}

export interface RecordingsParts
  extends
    RecordableParts,
    Pick<RoomParts, 'roomId' | 'log' | 'grant' | 'routeFor' | 'announce' | 'factsChanged'> {
  readonly erizos: Pick<RoomParts['erizos'], 'isLive' | 'join' | 'take' | 'release'>;
}

const lost: RecordingEnd = { why: 'failed', duration_ms: 0, size_bytes: 0 };

/** The recordings of a room that were asked for at this controller, and what is known of the others. */
export class Recordings {
  readonly others: OtherRecordings;
  readonly #parts: RecordingsParts;
  readonly #onIdle: () => void;
  readonly #recordings = new Map<string, Recording>();
  readonly #reports: RecordingReports;
  readonly #streams: Recordable;

  /**
   * `onIdle` is called when the last one is over, and when the Room object knows of all of them;
   * `onNoHolder` where that does not count this controller as a holder of the room.
   */
  constructor(
    components: { parts: RecordingsParts; clock: Clock; edge: Pick<Edge, 'call' | 'linked'> },
    options: { nodeId: string; onIdle: () => void; onNoHolder: () => void },
  ) {
    const { parts, clock, edge } = components;
    this.#parts = parts;
    this.#streams = new Recordable(parts);
    const { onIdle, onNoHolder } = options;
    this.#onIdle = onIdle;
    this.others = new OtherRecordings(parts, options);
    const { roomId, log } = parts;
    this.#reports = new RecordingReports({ clock, edge, log }, { roomId, onIdle, onNoHolder });
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

  /** Those of which all in the room are told, at whichever controller they were asked for. */
  get all(): RecordingFact[] {
    return [...this.facts, ...this.others.all];
  }

  /** Those of this controller. */
  get facts(): RecordingFact[] {
    return [...this.#recordings.values()]
      .filter(({ at }) => at !== 'beginning')
      .map(({ recordingId, streamId }) => ({ recordingId, streamId }));
  }

  /**
   * Licode: `onStartRecorder`. Answers the recording's id when the first of it is in the file, also of a stream
   * that is about to come: on the host of the publisher's process where this controller has that, else on one of
   * its own processes.
   */
  async start(client: Client, { to: streamId, format }: StartRecorderMessage): Promise<string> {
    client.demand('record', {});
    const stream = await this.#streams.arrived(streamId);
    if (client.gone) {
      throw new RizomaError('cancelled', 'you have left the room');
    }
    this.#refuseTooMany();
    const recording: Recording = {
      recordingId: newStreamId(),
      streamId,
      format,
      client,
      abort: new AbortController(),
      consumers: 2,
      erizo: undefined,
      origin: this.#streams.originOf(stream),
      stopped: undefined,
      at: 'beginning',
      early: undefined,
      files: 1,
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
    if (this.#recordings.has(recordingId)) {
      this.#started(recording);
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
    if (recording === undefined) {
      return;
    }
    if (recording.at === 'beginning') {
      recording.early = end;
      return;
    }
    if (end.why === 'failed' && recording.at === 'writing' && this.#isWanted(recording)) {
      void this.#continue(recording);
    } else {
      this.#over(recording, end);
    }
  }

  /** A process is lost: what it wrote goes on elsewhere. Calls that begin a recording fail with it. */
  erizoDied(erizoId: string): void {
    for (const recording of this.#recordings.values()) {
      if (recording.at === 'writing' && recording.erizo?.erizoId === erizoId) {
        void this.#continue(recording);
      }
    }
  }

  /** Nobody of the room is here any more. */
  close(): void {
    for (const recording of this.#recordings.values()) {
      void this.#stop(recording);
    }
  }

  #refuseTooMany(): void {
    const { recordingsPerController: here, recordingsPerRoom: all } = limits;
    if (this.size >= here || this.size + this.others.size >= all) {
      throw new RizomaError(
        'overloaded',
        `a room has ${here} recordings at a time at one node, and ${all} in all: stop one first`,
      );
    }
  }

  /** Its file is being written: all in the room are told. */
  #started(recording: Recording): void {
    const { recordingId: id, streamId, client, early } = recording;
    recording.at = 'writing';
    const message: RecordingStarted = { id, streamId };
    this.#parts.announce('recording_started', message, client);
    this.#reports.tell(message);
    this.#parts.factsChanged();
    if (early !== undefined) {
      this.ended(id, early);
    }
  }

  async #begin(recording: Recording, stream: RoomStream, part?: number): Promise<void> {
    const { recordingId, streamId, format, abort } = recording;
    const { roomId, erizos, routeFor } = this.#parts;
    recording.origin = this.#streams.originOf(stream);
    const erizo = erizos.join(recording, stream.erizoId) ?? (await erizos.take(recording));
    recording.erizo = erizo;
    abort.signal.throwIfAborted();
    const route = routeFor(erizo, stream);
    const grant = this.#parts.grant();
    const params = { roomId, streamId, recordingId, format, route, grant };
    await erizo.rpc.call('addExternalOutput', part === undefined ? params : { ...params, part }, {
      signal: abort.signal,
    });
    demandAlive(erizo);
  }

  /**
   * It failed: it goes on in a further file as soon as its stream is there, else it has failed for good.
   * Never rejects.
   */
  async #continue(recording: Recording): Promise<void> {
    const { clock, directoryChanged, log } = this.#parts;
    const { recordingId: id, streamId } = recording;
    log.warn({ recordingId: id, streamId, erizoId: recording.erizo?.erizoId }, 'recording broke');
    recording.at = 'between';
    const failed_ms = clock.now();
    for (let part = recording.files + 1; this.#isWanted(recording);) {
      this.#leave(recording);
      const isLate = clock.now() - failed_ms >= defaults.restore_ms;
      const isGone = !this.#streams.has(streamId) && !this.#streams.maySoonBeBack(recording.origin);
      if (isLate || isGone || part > limits.recordingParts) {
        this.#over(recording, lost);
        return;
      }
      try {
        await this.#begin(recording, this.#streams.live(streamId), part);
        this.#wentOn(recording, part);
        return;
      } catch (thrown) {
        const { code } = toRizomaError(thrown);
        log.debug({ recordingId: id, part, code }, 'recording does not go on yet');
        // A process that was lost, or is late, may have made the file.
        part += code === 'link_down' || code === 'timeout' ? 1 : 0;
        await (this.#isWanted(recording) ? directoryChanged() : undefined);
      }
    }
  }

  #wentOn(recording: Recording, part: number): void {
    const { recordingId: id, streamId } = recording;
    if (!this.#isWanted(recording)) {
      return;
    }
    recording.at = 'writing';
    recording.files = part;
    const erizoId = recording.erizo?.erizoId;
    this.#parts.log.info({ recordingId: id, streamId, part, erizoId }, 'recording goes on');
    const message: RecordingContinued = { id, streamId, part };
    this.#parts.announce('recording_continued', message, recording.client);
  }

  /** Nobody has stopped it, and it is not over. */
  #isWanted({ recordingId, stopped }: Recording): boolean {
    return stopped === undefined && this.#recordings.has(recordingId);
  }

  /** Never rejects: a process that does not answer is lost, and the file with it. */
  #stop(recording: Recording): Promise<RecordingEnd> {
    const { recordingId, erizo, abort } = recording;
    abort.abort(new RizomaError('cancelled', 'the recording was given up'));
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

  #over(recording: Recording, ended: RecordingEnd): void {
    const { recordingId: id, streamId, files } = recording;
    const end = files === 1 ? ended : { ...ended, part: files };
    const isTold = recording.at !== 'beginning' && this.#recordings.has(id);
    if (isTold) {
      this.#reports.tell({ id, streamId, end });
    }
    if (this.#forget(recording)) {
      this.#parts.log.info({ recordingId: id, streamId, ...end }, 'recording ended');
    }
    if (isTold) {
      const message: RecordingEnded = { id, streamId, ...end };
      this.#parts.announce('recording_ended', message, recording.client);
    }
  }

  /** Its process needs not stay for it. */
  #leave(recording: Recording): void {
    this.#parts.erizos.release(recording);
    recording.erizo = undefined;
  }

  #forget(recording: Recording): boolean {
    const known = this.#recordings.delete(recording.recordingId);
    this.#leave(recording);
    if (known && recording.at !== 'beginning') {
      this.#parts.factsChanged();
    }
    if (known && this.size === 0) {
      this.#onIdle();
    }
    return known;
  }
}
