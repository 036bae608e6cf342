import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { RecordingNews } from '../../protocol/contracts/node-edge.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import { defaults } from './defaults.ts';

export interface RecordingReportsOptions {
  roomId: string;
  /** All is told. */
  onIdle(): void;
  /** The Room object does not count this controller as a holder: the room is to be entered anew. */
  onNoHolder(): void;
}

/**
 * Tells the Room object which recordings began and ended here: in their order, one at a time, each until
 * it is taken. While the edge is away they wait, and are told once the room was entered again.
 */
export class RecordingReports {
  readonly #clock: Clock;
  readonly #edge: Pick<Edge, 'call' | 'linked'>;
  readonly #log: Log;
  readonly #options: RecordingReportsOptions;
  readonly #untold: RecordingNews[] = [];
  #busy = false;
  #stopRetry: Cancel = () => undefined;

  constructor(
    components: { clock: Clock; edge: Pick<Edge, 'call' | 'linked'>; log: Log },
    options: RecordingReportsOptions,
  ) {
    this.#clock = components.clock;
    this.#edge = components.edge;
    this.#log = components.log;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#untold.length === 0;
  }

  tell(news: RecordingNews): void {
    if (this.#untold.length >= defaults.untoldRecordings) {
      this.#forget(this.#untold[0], 'too many wait');
    }
    this.#untold.push(news);
    this.#kick();
  }

  /** The Room object counts this controller as a holder, for the first time or again. */
  entered(): void {
    this.#kick();
  }

  #kick(): void {
    if (!this.#busy && !this.isIdle && this.#edge.linked) {
      this.#stopRetry();
      void this.#run();
    }
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#busy = true;
    const { roomId, onIdle } = this.#options;
    let next = this.#untold[0];
    try {
      while (next !== undefined) {
        await this.#edge.call('room.recording', { roomId, recording: next });
        this.#remove(next);
        next = this.#untold[0];
      }
    } catch (thrown) {
      this.#onFailure(next, thrown);
    } finally {
      this.#busy = false;
    }
    if (this.isIdle) {
      onIdle();
    }
  }

  #onFailure(news: RecordingNews | undefined, thrown: unknown): void {
    const error = toRizomaError(thrown);
    switch (error.code) {
      case 'link_down':
        return;
      case 'not_found':
      case 'conflict':
        this.#options.onNoHolder();
        return;
      default:
        if (!error.retryable) {
          this.#forget(news, error.code);
        }
        this.#stopRetry = this.#clock.after(defaults.edgeRetry_ms, () => this.#kick());
    }
  }

  #forget(news: RecordingNews | undefined, why: string): void {
    this.#log.warn({ recordingId: news?.id, why }, 'the Room object was not told of a recording');
    this.#remove(news);
  }

  #remove(news: RecordingNews | undefined): void {
    if (this.#untold[0] === news) {
      this.#untold.shift();
    }
  }
}
