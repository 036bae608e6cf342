import type { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { Moved, Source, SourceEnd, SourceUser, Use } from './source.ts';

interface Held {
  source: Source;
  use: Use;
  /** Aborted when it has ended. */
  readonly end: AbortController;
  /** It has ended, while the subscriber was about to play another one. */
  ended: { why: SourceEnd; error: RizomaError } | undefined;
}

export interface PlayedSourceOptions {
  /**
   * Plays the other source; rejects where it cannot, and has changed nothing then. The signal says that the one
   * that it plays has ended.
   */
  move: (moved: Moved, hurry: AbortSignal) => Promise<void>;
  /** Nothing is left to play. */
  onEnded: (why: SourceEnd, error: RizomaError) => void;
}

/** The source that a subscriber plays, and the one that it is about to play in its place. */
export class PlayedSource {
  readonly #options: PlayedSourceOptions;
  #now: Held | undefined;
  #next: Held | undefined;
  /** What it goes over to after that. */
  #waiting: Moved | undefined;
  #wants: { active: boolean; need: StreamNeed };
  #isReady = false;
  #isMoving = false;
  #closed = false;

  constructor(options: PlayedSourceOptions & { need: StreamNeed }) {
    this.#options = options;
    this.#wants = { active: false, need: options.need };
  }

  begin(source: Source): void {
    this.#now = this.#hold(source);
  }

  /** It plays, and can go over from now on. */
  ready(): void {
    this.#isReady = true;
    void this.#run();
  }

  setNeed(need: StreamNeed): void {
    this.#wants.need = need;
    this.#now?.use.setNeed(need);
    this.#next?.use.setNeed(need);
  }

  setActive(active: boolean): void {
    this.#wants.active = active;
    this.#now?.use.setActive(active);
    this.#next?.use.setActive(active);
  }

  close(): void {
    this.#closed = true;
    this.#now?.use.end();
    this.#next?.use.end();
  }

  #hold(source: Source): Held {
    const user: SourceUser = {
      sourceEnded: (why, error) => this.#onEnded(held, why, error),
      sourceMoved: (moved) => {
        this.#waiting = moved;
        void this.#run();
      },
    };
    const use = source.use(user, this.#wants.need);
    const held: Held = { source, use, end: new AbortController(), ended: undefined };
    held.use.setActive(this.#wants.active);
    return held;
  }

  async #run(): Promise<void> {
    if (!this.#isReady || this.#isMoving) {
      return;
    }
    this.#isMoving = true;
    for (let moved = this.#waiting; moved !== undefined && !this.#closed; moved = this.#waiting) {
      this.#waiting = undefined;
      await this.#goOver(moved);
    }
    this.#isMoving = false;
  }

  /** Never rejects. */
  async #goOver(moved: Moved): Promise<void> {
    const next = this.#hold(moved.to);
    this.#next = next;
    try {
      await this.#options.move(moved, this.#now?.end.signal ?? AbortSignal.abort());
      this.#now?.use.end();
      this.#now = next;
    } catch {
      next.use.end();
    } finally {
      this.#next = undefined;
    }
    const ended = this.#now?.ended;
    if (ended !== undefined && this.#waiting === undefined && !this.#closed) {
      this.#options.onEnded(ended.why, ended.error);
    }
  }

  #onEnded(held: Held, why: SourceEnd, error: RizomaError): void {
    held.ended = { why, error };
    held.end.abort();
    const goesOver = this.#isMoving || (this.#isReady && this.#waiting !== undefined);
    if (held === this.#now && !goesOver) {
      this.#options.onEnded(why, error);
    }
  }
}
