import type { RecordingStarted } from '../../protocol/contracts/client.ts';

/** A stream of the room that is being recorded. */
export interface Recording {
  readonly id: string;
  readonly streamId: string;
}

/** What is recorded in a room, as its controllers say it. */
export class Recordings {
  readonly #running = new Map<string, Recording>();
  readonly #tell: (event: 'recording-started' | 'recording-ended', recording: Recording) => void;

  constructor(options: {
    running: readonly RecordingStarted[];
    tell: (event: 'recording-started' | 'recording-ended', recording: Recording) => void;
  }) {
    this.#tell = options.tell;
    for (const recording of options.running) {
      this.#running.set(recording.id, recording);
    }
  }

  /** Those that are being made, by id. */
  get running(): ReadonlyMap<string, Recording> {
    return this.#running;
  }

  started(recording: RecordingStarted): void {
    if (!this.#running.has(recording.id)) {
      this.#running.set(recording.id, recording);
      this.#tell('recording-started', recording);
    }
  }

  ended(id: string): void {
    const recording = this.#running.get(id);
    if (recording !== undefined) {
      this.#running.delete(id);
      this.#tell('recording-ended', recording);
    }
  }

  /** A controller says which there are: what we missed is made up for. */
  replace(running: readonly RecordingStarted[]): void {
    const ids = new Set(running.map(({ id }) => id));
    for (const id of [...this.#running.keys()].filter((known) => !ids.has(known))) {
      this.ended(id);
    }
    running.forEach((recording) => this.started(recording));
  }
}
