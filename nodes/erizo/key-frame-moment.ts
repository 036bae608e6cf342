import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import { deferred } from './wait.ts';

const defaults = {
  /** Requests that are as far apart as they must be, by other clocks and after jitter on the way. */
  slack_ms: 50,
  /** A key frame that took longer was lost once, or waited for others: the next one may come sooner. */
  longestWay_ms: 600,
  /** A key frame that takes no longer is asked for when viewers are ready, and they miss nothing that one notices. */
  near_ms: 150,
  /**
   * One that takes longer is asked for so much sooner that it comes so long after viewers should be ready: one
   * that comes too early costs them half a second.
   */
  dark_ms: 50,
  /** Who is ready is dark, and no longer than this for others who are not. */
  othersWait_ms: 80,
  /** Clients that have not answered by then may never. */
  longestWait_ms: 1_000,
} as const;

/** Of two requests for key frames of which none waits for the other. */
export const keyFrameSpacing_ms = limits.keyFrameRequest_ms + defaults.slack_ms;

export interface FirstKeyFrame {
  /** When it was asked for. */
  readonly asked_ms: number;
  /** Until it came. */
  readonly took_ms: number;
}

export interface MomentTimes {
  /** When the viewers are offered the new way. */
  readonly offer_ms: number;
  /** When the key frame is asked for at the latest. */
  readonly ask_ms: number;
}

/**
 * When viewers are to go over to another way, which shows them nothing before its key frame: and that is of no
 * use to a viewer who has not taken the new way yet, which takes about `readyIn_ms` from its offer on.
 */
export function momentTimes(
  { asked_ms, took_ms }: FirstKeyFrame,
  { now_ms, readyIn_ms }: { now_ms: number; readyIn_ms: number },
): MomentTimes {
  const way_ms = took_ms <= defaults.longestWay_ms ? took_ms : 0;
  const isNear = way_ms <= defaults.near_ms;
  const after_ms = isNear ? defaults.longestWait_ms : readyIn_ms + defaults.dark_ms - way_ms;
  // When it was there its request had reached the publisher: how long that took is not known.
  const earliestAsk_ms = Math.max(now_ms, asked_ms + took_ms + keyFrameSpacing_ms);
  const offer_ms = Math.max(earliestAsk_ms - Math.min(0, after_ms), now_ms);
  return { offer_ms, ask_ms: offer_ms + after_ms };
}

/** The moment in which the viewers of a process go over to another way, with one key frame for all of them. */
export class KeyFrameMoment {
  readonly offer_ms: number;
  readonly #clock: Clock;
  readonly #asked = deferred<void>();
  readonly #next = deferred<void>();
  #awaited: number;
  #isSomeReady = false;
  #stops: Cancel[] = [];

  private constructor(
    components: { clock: Clock },
    options: { offer_ms: number; viewers: number },
  ) {
    this.#clock = components.clock;
    this.offer_ms = options.offer_ms;
    this.#awaited = options.viewers;
  }

  static create(
    components: { clock: Clock },
    options: { first: FirstKeyFrame; readiesIn_ms: readonly number[] },
  ): KeyFrameMoment {
    const { clock } = components;
    const { first, readiesIn_ms } = options;
    const now_ms = clock.now();
    const viewers = readiesIn_ms.length;
    const times = momentTimes(first, { now_ms, readyIn_ms: Math.max(0, ...readiesIn_ms) });
    const moment = new KeyFrameMoment(components, { offer_ms: times.offer_ms, viewers });
    if (viewers === 0) {
      moment.#asked.resolve();
      moment.#nextAfter(first.asked_ms + first.took_ms + keyFrameSpacing_ms - now_ms);
    } else {
      moment.#stops.push(clock.after(times.ask_ms - now_ms, () => moment.#ask()));
    }
    return moment;
  }

  /** Resolves when the key frame is to be asked for. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Resolves when another one may be asked for, by somebody further down. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  /** One of the viewers is ready, or will not be. */
  ready(): void {
    this.#awaited -= 1;
    if (this.#awaited === 0) {
      this.#ask();
    } else if (!this.#isSomeReady) {
      this.#isSomeReady = true;
      this.#stops.push(this.#clock.after(defaults.othersWait_ms, () => this.#ask()));
    }
  }

  #ask(): void {
    this.#stops.splice(0).forEach((stop) => stop());
    this.#asked.resolve();
    // Where several ask at once the worker asks again, for the second of them, when it may.
    this.#nextAfter(2 * keyFrameSpacing_ms);
  }

  #nextAfter(wait_ms: number): void {
    this.#clock.after(Math.max(0, wait_ms), () => this.#next.resolve());
  }
}
