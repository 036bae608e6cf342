import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Producer } from './media.ts';
import type { Pull } from './pull.ts';
import type { MoveOutcome, PullMove, PullMoveEffect, PullMoveEvent } from './pull-move.ts';
import { beginMove, pullMove } from './pull-move.ts';
import type { SourceEnd, SourceUser, Use } from './source.ts';
import { statsOf } from './stats.ts';
import { deferred } from './wait.ts';

const defaults = {
  /** For `cascade.open`, which may take 5 s, and a key frame, which is asked for anew each second. */
  patience_ms: 8_000,
} as const;

export interface PullMoverOptions {
  from: Pull;
  to: Pull;
  /** The stream comes by the new one now; called before its users go over. */
  onSwitch: () => void;
  /** Once and last. */
  onOver: (outcome: MoveOutcome) => void;
}

/** Takes a stream from one pull to another: the shell around `pullMove`. */
export class PullMover implements SourceUser {
  readonly #clock: Clock;
  readonly #options: PullMoverOptions;
  readonly #use: Use;
  readonly #over = deferred<void>();
  #state: PullMove = beginMove;
  #stops: Cancel[] = [];

  constructor(components: { clock: Clock }, options: PullMoverOptions) {
    this.#clock = components.clock;
    this.#options = options;
    this.#use = options.to.use(this, options.from.need);
  }

  static create(components: { clock: Clock }, options: PullMoverOptions): PullMover {
    const mover = new PullMover(components, options);
    const { patience_ms } = defaults;
    mover.#stops.push(mover.#clock.after(patience_ms, () => mover.#take({ type: 'time' })));
    options.to.tracks.then(
      () => void mover.#onOpened(),
      // It is told that the pull has ended.
      () => undefined,
    );
    return mover;
  }

  get to(): Pull {
    return this.#options.to;
  }

  /** Resolves when the stream comes by the new way, or nobody wants it; rejects where it stays as it is. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** The old pull is about to end. */
  oldEnding(why: SourceEnd): void {
    this.#take({ type: 'oldEnded', why });
  }

  sourceEnded(_why: SourceEnd, error: RizomaError): void {
    this.#over.reject(error);
    this.#take({ type: 'newEnded' });
  }

  async #onOpened(): Promise<void> {
    const { from } = this.#options;
    // Of a video that its publisher has muted no key frame comes by any way.
    const shows = from.need.video !== null && (await anyFlows(videosOf(from)));
    const plays = from.isPlayed ? (shows ? 'video' : 'sound') : 'nothing';
    this.#take({ type: 'opened', plays });
  }

  #take(event: PullMoveEvent): void {
    const before = this.#state;
    const { state, effects } = pullMove(before, event);
    this.#state = state;
    for (const effect of effects) {
      this.#run(effect);
    }
    if (state.at === 'over' && before.at !== 'over') {
      this.#finish(state.outcome);
    }
  }

  #run(effect: PullMoveEffect): void {
    switch (effect.type) {
      case 'flow':
        this.#flow();
        return;
      case 'switch':
        this.#switch(effect.overlap);
        return;
      case 'endNew':
        this.#options.to.end('ended');
        return;
      default:
        assertNever(effect);
    }
  }

  #flow(): void {
    const onKeyFrame = (): void => this.#take({ type: 'keyFrame' });
    for (const video of videosOf(this.#options.to)) {
      this.#stops.push(video.onKeyFrame(onKeyFrame));
    }
    this.#use.setActive(true);
  }

  #switch(overlap: boolean): void {
    const { from, to, onSwitch } = this.#options;
    onSwitch();
    const { route, grant } = to.stream;
    from.retire({ to, way: { route, grant }, overlap });
    // Its users have it by now: it never stops to flow.
    this.#use.end();
  }

  #finish(outcome: MoveOutcome): void {
    for (const stop of this.#stops) {
      stop();
    }
    if (outcome === 'late') {
      this.#over.reject(new RizomaError('unavailable', 'no picture came by the new way in time'));
    }
    this.#over.resolve();
    this.#options.onOver(outcome);
  }
}

function videosOf(pull: Pull): Producer[] {
  return pull.producers.filter(({ kind }) => kind === 'video');
}

/** Tracks that have just ended do not. */
async function anyFlows(tracks: readonly Producer[]): Promise<boolean> {
  const stats = await statsOf(tracks);
  return stats.some(({ bitrate_bps }) => bitrate_bps > 0);
}
