import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { LastN, LastNEvent } from './last-n.ts';
import { lastN, nobodyThere } from './last-n.ts';
import type { Sound } from './sound.ts';

const hold_ms = limits.lastNHold_ms;

export interface ShownVideosOptions {
  clientId: string;
  /** The video of the stream is to be sent, or not any more. */
  show: (streamId: string, shown: boolean) => void;
  /** Others are shown than before; only where there is a limit. */
  onChange: (streamIds: string[]) => void;
}

/** Sends a client the videos of those who spoke last, where it asked for that: the shell around `lastN`. */
export class ShownVideos {
  readonly #clock: Clock;
  readonly #sound: Pick<Sound, 'listen' | 'forget'>;
  readonly #key: string;
  readonly #options: ShownVideosOptions;
  #state: LastN = nobodyThere;
  #roomId: string | undefined;
  #isListening = false;
  #stopWait: Cancel | undefined;

  constructor(
    components: { clock: Clock; sound: Pick<Sound, 'listen' | 'forget'> },
    options: ShownVideosOptions,
  ) {
    this.#clock = components.clock;
    this.#sound = components.sound;
    this.#key = `${options.clientId} last-n`;
    this.#options = options;
  }

  isShown(streamId: string): boolean {
    return this.#state.shown.has(streamId);
  }

  /** How many it plays and is not shown. */
  get hidden(): number {
    return this.#state.order.length - this.#state.shown.size;
  }

  /** How many the client wants, of those who speak in the room; all where it is undefined. */
  limit(roomId: string, limit: number | undefined): void {
    this.#roomId = roomId;
    this.setLimit(limit);
  }

  /** The same, in the room that it is known to be in. */
  setLimit(limit: number | undefined): void {
    if (limit !== this.#state.limit) {
      this.#apply({ kind: 'limited', limit });
    }
    if (limit === undefined) {
      this.#stopListening();
    } else if (!this.#isListening && this.#roomId !== undefined) {
      this.#isListening = true;
      this.#sound.listen(this.#roomId, this.#key, {
        speaker: (_roomId, streamId) => this.#apply({ kind: 'spoke', streamId }),
        levels: () => undefined,
      });
    }
  }

  /** The client plays the video of a stream. */
  add(streamId: string): void {
    this.#apply({ kind: 'came', streamId });
  }

  remove(streamId: string): void {
    this.#apply({ kind: 'left', streamId });
  }

  pin(streamId: string, pinned: boolean): void {
    if (pinned !== this.#state.pinned.has(streamId)) {
      this.#apply({ kind: 'pinned', streamId, pinned });
    }
  }

  close(): void {
    this.#stopListening();
    this.#stopWait?.();
    this.#stopWait = undefined;
  }

  #apply(event: LastNEvent): void {
    const before = this.#state;
    const next = lastN(before, event, { now_ms: this.#clock.now(), hold_ms });
    this.#state = next;
    if (next.heldUntil_ms !== before.heldUntil_ms) {
      this.#wait(next.heldUntil_ms);
    }
    const shown = [...next.shown].filter((id) => !before.shown.has(id));
    const hidden = [...before.shown].filter((id) => !next.shown.has(id));
    // Who is gone needs to be told no more.
    hidden.filter((id) => next.order.includes(id)).forEach((id) => this.#options.show(id, false));
    shown.forEach((id) => this.#options.show(id, true));
    const isNews = shown.length + hidden.length > 0 || next.limit !== before.limit;
    if (isNews && next.limit !== undefined) {
      this.#options.onChange([...next.shown]);
    }
  }

  #wait(until_ms: number | undefined): void {
    this.#stopWait?.();
    this.#stopWait =
      until_ms === undefined
        ? undefined
        : this.#clock.after(until_ms - this.#clock.now(), () => this.#apply({ kind: 'time' }));
  }

  #stopListening(): void {
    if (this.#isListening) {
      this.#isListening = false;
      this.#sound.forget(this.#key);
    }
  }
}
