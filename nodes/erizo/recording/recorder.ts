import type { Cancel, Clock } from '../../../protocol/clock.ts';
import type { RecordingEnd } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Log } from '../../log.ts';
import type { Engine } from '../engine.ts';
import type { Producer } from '../media.ts';
import type { Source, SourceEnd, SourceUser, Use } from '../source.ts';
import { everything } from '../stream-need.ts';
import { allOrNone, closeAll, deferred, untilAborted } from '../wait.ts';
import type { RecordingBinding } from './binding.ts';
import { recordingDefaults } from './defaults.ts';
import type { FfmpegEnd } from './ffmpeg.ts';
import { Ffmpeg, ffmpegError } from './ffmpeg.ts';
import type { RecordingFile, RecordingFolder } from './folder.ts';
import { demandCodecs, muxers } from './formats.ts';
import type { ProgramPorts } from './program-ports.ts';
import { RecordedTrack } from './recorded-track.ts';
import { recordingSdp } from './sdp.ts';

type RecordingEndReason = RecordingEnd['why'];

export interface RecorderComponents {
  engine: Engine;
  clock: Clock;
  log: Log;
  folder: RecordingFolder;
  ports: ProgramPorts;
}

export interface RecorderOptions {
  recordingId: string;
  file: RecordingFile;
  binding: RecordingBinding;
  longest_ms: number;
  largest_bytes: number;
}

/** One stream on its way into a file, as it was sent: ffmpeg writes what it gets and decodes nothing. */
export class Recorder implements SourceUser {
  readonly recordingId: string;
  readonly #components: RecorderComponents;
  readonly #options: RecorderOptions;
  readonly #log: Log;
  /** Ends what waits here when the recording does. */
  readonly #abort = new AbortController();
  readonly #written = deferred<void>();
  readonly #ended = deferred<RecordingEnd>();
  #tracks: RecordedTrack[] = [];
  #ffmpeg: Ffmpeg | undefined;
  #use: Use | undefined;
  readonly #stops: Cancel[] = [];
  #stopSaying: Cancel = () => undefined;
  #why: RecordingEndReason | undefined;
  /** What a start that fails is told, where it is not the start's own trouble. */
  #cause: RizomaError | undefined;
  #isLive = false;
  #startedAt_ms: number | undefined;

  constructor(components: RecorderComponents, options: RecorderOptions) {
    this.recordingId = options.recordingId;
    this.#components = components;
    this.#options = options;
    const { recordingId, file } = options;
    this.#log = components.log.child({ recordingId, file: file.name });
  }

  /** However it ends, once the file is closed; also where it never began. */
  get ended(): Promise<RecordingEnd> {
    return this.#ended.promise;
  }

  /** Resolves when the file is being written. A start that fails leaves no file behind. */
  async start(source: () => Source, signal: AbortSignal): Promise<void> {
    const { clock, folder } = this.#components;
    const file = await folder.create(this.#options.file, this.#options.binding);
    const late = deferred<never>();
    const stopTimer = clock.after(recordingDefaults.start_ms, () => late.reject(tooLate()));
    const either = AbortSignal.any([signal, this.#abort.signal]);
    try {
      await untilAborted(Promise.race([this.#open(file, source, either), late.promise]), either);
    } catch (thrown) {
      await this.end('failed');
      await folder.discard(this.#options.file);
      throw this.#cause ?? thrown;
    } finally {
      stopTimer();
    }
  }

  sourceEnded(why: SourceEnd, error: RizomaError): void {
    this.#cause ??= error;
    void this.end(why === 'ended' ? 'ended' : 'failed');
  }

  /** Closes the file; idempotent. The first reason counts. */
  end(why: RecordingEndReason): Promise<RecordingEnd> {
    if (this.#why === undefined) {
      this.#why = why;
      void this.#close(why);
    }
    return this.#ended.promise;
  }

  async #open(file: string, source: () => Source, signal: AbortSignal): Promise<void> {
    const opened = source();
    const use = opened.use(this, everything);
    this.#use = use;
    const producers = await opened.tracks;
    for (let draws = 1; !(await this.#attempt(file, producers, signal)); draws += 1) {
      if (draws === recordingDefaults.portDraws) {
        throw new RizomaError('overloaded', 'others took the ports of each attempt: try again');
      }
      use.setActive(false);
    }
    this.#isLive = true;
    this.#watch();
    this.#log.info({ tracks: this.#tracks.length, pid: this.#ffmpeg?.pid }, 'recording started');
  }

  /** Resolves when bytes are in the file; with false where somebody else took a port of it meanwhile. */
  async #attempt(
    file: string,
    producers: readonly Producer[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const over = new AbortController();
    const making = producers.map((producer) => RecordedTrack.create(this.#components, producer));
    const tracks = await allOrNone(making);
    this.#tracks = tracks;
    if (this.#why !== undefined) {
      closeAll(tracks);
      throw new RizomaError('cancelled', 'the recording was given up');
    }
    const { format } = this.#options.file;
    demandCodecs(format, tracks);
    const ffmpeg = this.#run(file, muxers[format]);
    const begun = this.#begin(tracks, AbortSignal.any([signal, over.signal]));
    // Where ffmpeg ends before, how that fails is of no use.
    begun.catch(() => undefined);
    const end = await Promise.race([begun, ffmpeg.exit]);
    over.abort();
    if (this.#why !== undefined) {
      throw new RizomaError('cancelled', 'the recording has ended');
    }
    if (end === undefined) {
      void ffmpeg.exit.then((ended) => this.#onExit(ended));
      return true;
    }
    if (!end.portTaken) {
      throw notWritten(end);
    }
    this.#log.info({ words: end.words }, 'somebody else took a port of the recording');
    this.#stopSaying();
    closeAll(tracks);
    this.#tracks = [];
    return false;
  }

  /** Resolves when what is sent to ffmpeg comes to the file. */
  async #begin(tracks: readonly RecordedTrack[], signal: AbortSignal): Promise<undefined> {
    await this.#listening(tracks, signal);
    signal.throwIfAborted();
    this.#use?.setActive(true);
    await this.#feed(tracks, signal);
    await this.#written.promise;
  }

  #run(file: string, muxer: string): Ffmpeg {
    const { clock } = this.#components;
    const { orphan_s, alive_ms } = recordingDefaults;
    const ffmpeg = Ffmpeg.create(
      { clock, log: this.#log },
      {
        args: [
          ...['-protocol_whitelist', 'pipe,udp,rtp', '-listen_timeout', String(orphan_s)],
          ...['-f', 'sdp', '-i', 'pipe:0', '-map', '0', '-c', 'copy'],
          // Into the file each second: one that is never closed still plays to there.
          ...['-f', muxer, '-cluster_time_limit', '1000', '-flush_packets', '1', '-y', file],
        ],
        input: recordingSdp(this.#tracks.map(({ sdp }) => sdp)),
        outlives: true,
        onProgress: (size_bytes) => this.#onProgress(size_bytes),
      },
    );
    this.#ffmpeg = ffmpeg;
    this.#stopSaying = clock.every(alive_ms, () =>
      this.#tracks.forEach((track) => track.saySilence()),
    );
    return ffmpeg;
  }

  /** What is sent before ffmpeg listens is lost, and the key frame with it. */
  async #listening(tracks: readonly RecordedTrack[], signal: AbortSignal): Promise<void> {
    for (const track of tracks) {
      while (!signal.aborted && !(await track.isTaken())) {
        await this.#pause(recordingDefaults.listen_ms);
      }
    }
  }

  /** Pictures first, from a key frame on, and with it the sound: so that both begin at once. */
  async #feed(tracks: readonly RecordedTrack[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#components;
    const pictures = tracks.filter(({ kind }) => kind === 'video');
    const late = deferred<never>();
    const { firstKeyFrame_ms } = recordingDefaults;
    const stopTimer = clock.after(firstKeyFrame_ms, () => late.reject(noKeyFrame()));
    try {
      const begun = pictures.map((track) => track.beginAtKeyFrame(clock, signal));
      await Promise.race([Promise.all(begun), late.promise]);
    } finally {
      stopTimer();
    }
    signal.throwIfAborted();
    this.#startedAt_ms = clock.now();
    const sounds = tracks.filter(({ kind }) => kind === 'audio');
    await Promise.all(sounds.map((track) => track.begin()));
  }

  #watch(): void {
    const { clock, folder } = this.#components;
    const { keyFrame_ms, check_ms } = recordingDefaults;
    const pictures = this.#tracks.filter(({ kind }) => kind === 'video');
    this.#stops.push(
      clock.after(this.#options.longest_ms, () => void this.end('limit')),
      clock.every(keyFrame_ms, () => pictures.forEach((track) => track.requestKeyFrame())),
      clock.every(check_ms, () => {
        void folder.hasRoom().then((room) => (room ? undefined : this.end('limit')));
      }),
    );
  }

  #onProgress(size_bytes: number): void {
    if (size_bytes > 0) {
      this.#written.resolve();
    }
    if (size_bytes > this.#options.largest_bytes) {
      void this.end('limit');
    }
  }

  #onExit(end: FfmpegEnd): void {
    if (this.#why === undefined) {
      this.#cause = notWritten(end);
      void this.end('failed');
    }
  }

  async #close(why: RecordingEndReason): Promise<void> {
    for (const stop of [...this.#stops, this.#stopSaying]) {
      stop();
    }
    const now_ms = this.#components.clock.now();
    const end = await this.#ffmpeg?.end(() => this.#tracks.forEach((track) => track.sayBye()));
    closeAll(this.#tracks);
    this.#use?.end();
    this.#abort.abort();
    // A file that was not closed lacks what follows its last cluster: whoever asked is to know.
    const really = end?.orderly === false ? 'failed' : why;
    const duration_ms = now_ms - (this.#startedAt_ms ?? now_ms);
    const size_bytes = await this.#components.folder.size(this.#options.file);
    const ended = { why: really, duration_ms, size_bytes };
    if (this.#isLive) {
      this.#log.info(ended, 'recording ended');
    }
    this.#ended.resolve(ended);
  }

  #pause(delay_ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#components.clock.after(delay_ms, resolve);
    });
  }
}

function notWritten(end: FfmpegEnd): RizomaError {
  return ffmpegError('the recording could not be written', end);
}

function tooLate(): RizomaError {
  return new RizomaError('unavailable', 'the recording did not begin in time: try again');
}

function noKeyFrame(): RizomaError {
  return new RizomaError(
    'unavailable',
    'no picture came from the publisher: record the stream when its camera sends',
  );
}
