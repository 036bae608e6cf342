import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { Moved, Source, SourceEnd, SourceUser, Use } from './source.ts';

const defaults = {
  /**
   * Who has no key frame of the new way so long after the others have gets none: its connection bears no
   * video. A key frame that is lost is asked for anew after 1 s.
   */
  patience_ms: 3_000,
} as const;

interface Held {
  source: Source;
  use: Use;
  /** It has ended, while the subscriber was about to play another one. */
  ended: { why: SourceEnd; error: RizomaError } | undefined;
}

/** The tracks of a subscriber on their way to another source. */
export interface Move {
  /** Rejects where it stays as it is. */
  readonly over: Promise<void>;
  /** Waits no longer for what has not come by the new way. */
  finish(): void;
  cancel(): void;
}

interface Next {
  held: Held;
  move: Move;
  /** The stream comes that way now. */
  isDecided: boolean;
  stopPatience: Cancel | undefined;
}

export interface PlayedSourceOptions {
  /** Plays the other source as soon as that shows, where there is something to show. */
  move: (moved: Moved) => Move;
  /** Nothing is left to play. */
  onEnded: (why: SourceEnd, error: RizomaError) => void;
}

/** The source that a subscriber plays, and the one that it is about to play in its place. */
export class PlayedSource {
  readonly #clock: Clock;
  readonly #options: PlayedSourceOptions;
  #now: Held | undefined;
  #next: Next | undefined;
  /** What it goes over to after that. */
  #waiting: { moved: Moved; isDecided: boolean } | undefined;
  #wants: { active: boolean; need: StreamNeed };
  #isReady = false;
  #isMoving = false;
  #closed = false;

  constructor(components: { clock: Clock }, options: PlayedSourceOptions & { need: StreamNeed }) {
    this.#clock = components.clock;
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
    this.#next?.held.use.setNeed(need);
  }

  setActive(active: boolean): void {
    this.#wants.active = active;
    this.#now?.use.setActive(active);
    this.#next?.held.use.setActive(active);
  }

  close(): void {
    this.#closed = true;
    this.#now?.use.end();
    this.#next?.held.use.end();
    this.#next?.move.cancel();
  }

  #hold(source: Source): Held {
    const user: SourceUser = {
      sourceEnded: (why, error) => this.#onEnded(held, why, error),
      sourceMoving: (moved) => this.#onMoved(moved, false),
      sourceMoved: (moved) => this.#onMoved(moved, true),
    };
    const held: Held = { source, use: source.use(user, this.#wants.need), ended: undefined };
    held.use.setActive(this.#wants.active);
    return held;
  }

  #onMoved(moved: Moved, isDecided: boolean): void {
    if (this.#next?.held.source === moved.to) {
      this.#decide(this.#next, isDecided);
    } else if (this.#now?.source !== moved.to) {
      this.#waiting = { moved, isDecided };
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    if (!this.#isReady || this.#isMoving) {
      return;
    }
    this.#isMoving = true;
    for (let next = this.#waiting; next !== undefined && !this.#closed; next = this.#waiting) {
      this.#waiting = undefined;
      await this.#goOver(next.moved, next.isDecided);
    }
    this.#isMoving = false;
  }

  /** Never rejects. */
  async #goOver(moved: Moved, isDecided: boolean): Promise<void> {
    const held = this.#hold(moved.to);
    const move = this.#options.move(moved);
    const next: Next = { held, move, isDecided: false, stopPatience: undefined };
    this.#next = next;
    this.#decide(next, isDecided);
    try {
      await move.over;
      this.#now?.use.end();
      this.#now = held;
    } catch {
      held.use.end();
    } finally {
      this.#next = undefined;
      next.stopPatience?.();
    }
    const ended = this.#now?.ended;
    if (ended !== undefined && this.#waiting === undefined && !this.#closed) {
      this.#options.onEnded(ended.why, ended.error);
    }
  }

  #decide(next: Next, isDecided: boolean): void {
    if (!isDecided || next.isDecided) {
      return;
    }
    next.isDecided = true;
    if (this.#now?.ended !== undefined) {
      next.move.finish();
    } else {
      next.stopPatience = this.#clock.after(defaults.patience_ms, () => next.move.finish());
    }
  }

  #onEnded(held: Held, why: SourceEnd, error: RizomaError): void {
    held.ended = { why, error };
    if (held === this.#next?.held) {
      this.#next.move.cancel();
      return;
    }
    if (held !== this.#now) {
      return;
    }
    if (this.#next?.isDecided === true) {
      // There is nothing any more that could be shown until then.
      this.#next.move.finish();
    }
    const goesOver = this.#isMoving || (this.#isReady && this.#waiting !== undefined);
    if (!goesOver) {
      this.#options.onEnded(why, error);
    }
  }
}
