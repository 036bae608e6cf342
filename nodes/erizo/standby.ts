import type { Clock } from '../../protocol/clock.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { WantedVideo } from './layer-wish.ts';
import type { Consumer, MediaKind } from './media.ts';
import type { SectionOwner } from './slot.ts';
import { deferred, untilAborted } from './wait.ts';

const defaults = {
  /** For a key frame, which the worker asks for anew each second. Without one the old way has none to offer either. */
  picture_ms: 4_000,
  /**
   * From the first packet of its key frame until the client has decoded that: the sender paces them, what is lost is
   * sent again, a decoder takes its time to begin. The line carries the video twice for so long.
   */
  settle_ms: 500,
} as const;

export interface StandbyOptions {
  /** Whose video it takes over. */
  of: SectionOwner;
  wanted: WantedVideo;
  /**
   * Whether it stands by in a MediaStream of its own, which no page knows. Firefox shows nothing when the track that
   * it shows leaves a MediaStream, until the next one comes into that; Chromium shows the next one that is in it, and
   * ends where there is none.
   */
  apart: boolean;
}

/**
 * A video that comes another way, beside the old one: it plays in a section of its own, seen by nobody, until its
 * pictures are there. The client decodes it by then, so that its page shows one way in one frame and the other in the next.
 */
export class Standby implements SectionOwner {
  readonly streamId: string;
  readonly standsBy = true;
  readonly #options: StandbyOptions;
  readonly #begun = deferred<void>();

  constructor(options: StandbyOptions) {
    this.streamId = options.apart ? `standby-${newUuid()}` : options.of.streamId;
    this.#options = options;
  }

  /** It is sent what the other one is. */
  made(consumer: Consumer): void {
    const { maxSpatial: spatial, maxTemporal: temporal } = this.#options.wanted;
    // A track that has just ended cannot be told, and need not be.
    consumer.setLayers({ spatial, temporal }).catch(() => undefined);
  }

  /** A video begins with a key frame, when it was paused. */
  mediaBegan(kind: MediaKind): void {
    if (kind === 'video') {
      this.#begun.resolve();
    }
  }

  refused(): void {
    this.#begun.resolve();
  }

  /** Resolves when it can be shown; at once where the old one has ended, which the signal says. */
  async shows(clock: Clock, hurry: AbortSignal): Promise<void> {
    const after = (wait_ms: number): Promise<void> =>
      new Promise((resolve) => clock.after(wait_ms, resolve));
    const shown = async (): Promise<void> => {
      await Promise.race([this.#begun.promise, after(defaults.picture_ms)]);
      await after(defaults.settle_ms);
    };
    await untilAborted(shown(), hurry).catch(() => undefined);
  }
}
