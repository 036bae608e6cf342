import type { Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import { TokenBucket } from '../token-bucket.ts';

const defaults = {
  /** Of what a publisher may say at its own controller: on its way here what was said apart may come together. */
  slack: 2,
} as const;

interface Heard {
  readonly bucket: TokenBucket;
  readonly streams: Set<string>;
}

/**
 * What publishers at other controllers may have sent to subscribers here. They pay for those at their own controller, and
 * for each that hears them, but not for how many subscribe there.
 */
export class HeardBudgets {
  readonly #clock: Clock;
  readonly #publishers = new Map<string, Heard>();
  readonly #publisherOf = new Map<string, string>();

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** Publishers that were heard and may be heard again. */
  get size(): number {
    return this.#publishers.size;
  }

  /** Whether the publisher may have so many bytes sent now on that stream. */
  take({ streamId, clientId }: { streamId: string; clientId: string }, bytes: number): boolean {
    const heard = this.#publishers.get(clientId) ?? this.#newHeard();
    this.#publishers.set(clientId, heard);
    heard.streams.add(streamId);
    this.#publisherOf.set(streamId, clientId);
    return heard.bucket.take(bytes);
  }

  /** Nobody here hears the stream any more. */
  ended(streamId: string): void {
    const clientId = this.#publisherOf.get(streamId) ?? '';
    const heard = this.#publishers.get(clientId);
    this.#publisherOf.delete(streamId);
    heard?.streams.delete(streamId);
    if (heard?.streams.size === 0) {
      this.#publishers.delete(clientId);
    }
  }

  #newHeard(): Heard {
    const options = {
      perSecond: limits.data_bytesPerSecond * defaults.slack,
      burst: limits.data_burst_bytes * defaults.slack,
    };
    return { bucket: new TokenBucket({ clock: this.#clock }, options), streams: new Set() };
  }
}
