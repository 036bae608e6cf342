import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import { limits } from '../../protocol/limits.ts';
import type { NeedHold } from './need-hold.ts';
import { beginHold, onNeed, onTime } from './need-hold.ts';
import { isSameNeed } from './stream-need.ts';

const hold_ms = limits.layerHold_ms;

/** Tells whoever sends a stream what is needed of it: more at once, less after `limits.layerHold_ms`. */
export class NeedTeller {
  readonly #clock: Clock;
  readonly #say: (need: StreamNeed) => void;
  #hold: NeedHold;
  #stopWait: Cancel | undefined;

  /** `said` is what the sender goes by now. */
  constructor(
    components: { clock: Clock },
    options: { said: StreamNeed; say: (need: StreamNeed) => void },
  ) {
    this.#clock = components.clock;
    this.#hold = beginHold(options.said);
    this.#say = options.say;
  }

  get said(): StreamNeed {
    return this.#hold.said;
  }

  update(need: StreamNeed): void {
    this.#become(onNeed(this.#hold, need, { now_ms: this.#clock.now(), hold_ms }));
  }

  close(): void {
    this.#stopWait?.();
    this.#stopWait = undefined;
  }

  #become(next: NeedHold): void {
    const before = this.#hold;
    this.#hold = next;
    if (next.waiting?.until_ms !== before.waiting?.until_ms) {
      this.close();
      this.#wait(next);
    }
    if (!isSameNeed(next.said, before.said)) {
      this.#say(next.said);
    }
  }

  #wait({ waiting }: NeedHold): void {
    if (waiting !== undefined) {
      this.#stopWait = this.#clock.after(waiting.until_ms - this.#clock.now(), () =>
        this.#become(onTime(this.#hold, { now_ms: waiting.until_ms, hold_ms })),
      );
    }
  }
}
