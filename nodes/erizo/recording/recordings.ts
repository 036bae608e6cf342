import type { RecordingEnd, RecordingFormat } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Source } from '../source.ts';
import type { RecordingBinding } from './binding.ts';
import { recordingDefaults } from './defaults.ts';
import { ProgramPorts } from './program-ports.ts';
import type { RecorderComponents } from './recorder.ts';
import { Recorder } from './recorder.ts';
import { recordingFile } from './folder.ts';

export interface RecordingsOptions {
  ports: { min: number; max: number };
  /** Told when one is over: the process may be idle now. */
  onChange: () => void;
}

export interface RecordingCounts {
  recordings: number;
  recordingsStarted: number;
  recordingsFailed: number;
}

/** The recordings that a process writes. */
export class Recordings {
  readonly #components: RecorderComponents;
  readonly #options: RecordingsOptions;
  readonly #recorders = new Map<string, Recorder>();
  #started = 0;
  #failed = 0;
  #closed = false;

  constructor(
    components: Omit<RecorderComponents, 'ports'> & { random: () => number },
    options: RecordingsOptions,
  ) {
    this.#components = {
      ...components,
      ports: new ProgramPorts(components, { range: options.ports }),
    };
    this.#options = options;
  }

  get counts(): RecordingCounts {
    return {
      recordings: this.#recorders.size,
      recordingsStarted: this.#started,
      recordingsFailed: this.#failed,
    };
  }

  /**
   * Resolves when the file is being written; how it ends is told from then on. Throws `conflict`,
   * `overloaded`, `unavailable`, and what the source does.
   */
  async start(
    recordingId: string,
    options: {
      /** Which of its files; the first where it is undefined. */
      part: number | undefined;
      format: RecordingFormat;
      /** Whose it is. */
      binding: RecordingBinding;
      source: () => Source;
      signal: AbortSignal;
      onEnd: (end: RecordingEnd) => void;
    },
  ): Promise<void> {
    this.#check(recordingId);
    const { longest_ms, largest_bytes } = recordingDefaults;
    const recorder = new Recorder(this.#components, {
      ...{ recordingId, longest_ms, largest_bytes, binding: options.binding },
      file: recordingFile(recordingId, options),
    });
    this.#recorders.set(recordingId, recorder);
    try {
      await recorder.start(options.source, options.signal);
    } catch (thrown) {
      this.#failed += 1;
      this.#forget(recorder);
      throw thrown;
    }
    this.#started += 1;
    void recorder.ended.then((end) => {
      this.#failed += end.why === 'failed' ? 1 : 0;
      this.#forget(recorder);
      options.onEnd(end);
    });
  }

  /** Resolves when the file is closed. Throws `not_found`. */
  async stop(recordingId: string): Promise<RecordingEnd> {
    const recorder = this.#recorders.get(recordingId);
    if (recorder === undefined) {
      throw new RizomaError('not_found', `there is no recording ${recordingId} here`);
    }
    return recorder.end('stopped');
  }

  /** Resolves when all files are closed. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.end('stopped')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #check(recordingId: string): void {
    if (this.#closed) {
      throw new RizomaError('unavailable', 'this process is closing');
    }
    if (this.#recorders.has(recordingId)) {
      throw new RizomaError('conflict', `${recordingId} is being recorded already`);
    }
    if (this.#recorders.size >= recordingDefaults.recordings) {
      throw new RizomaError(
        'overloaded',
        `a process records ${recordingDefaults.recordings} streams at a time`,
      );
    }
  }

  #forget(recorder: Recorder): void {
    this.#recorders.delete(recorder.recordingId);
    this.#options.onChange();
  }
}
