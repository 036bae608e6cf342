import type { Cancel, Clock } from '../../protocol/clock.ts';
import { ageOf } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';

/** Nonces that were written together. */
export interface NonceBatch {
  readonly id: number;
  readonly seenAt_ms: number;
  readonly nonces: readonly string[];
  /** Until then there may have been more than were written; undefined where these are all. */
  readonly openUntil_ms: number | undefined;
}

export interface NonceStore {
  nonceBatches(): NonceBatch[];
  /** Answers the id of the batch. */
  addNonceBatch(batch: Omit<NonceBatch, 'id'>): number;
  /** The batch has these nonces and is open no longer. */
  closeNonceBatch(id: number, nonces: readonly string[]): void;
  sweepNonceBatches(before_ms: number): void;
}

const defaults = {
  /**
   * A write costs more than all else of a request: those of so long a time share two. As long as clocks may be
   * ahead, so that after a restart about as much is refused for either.
   */
  batch_ms: 250,
  /** So many are some 64 KiB, a row that is no burden. */
  batch_nonces: 1_024,
  /** Clocks that go by a reference are not further ahead; a request that is, is written at once. */
  ahead_ms: 250,
  /**
   * Twice what a service may sign by default while they are kept: some 40 MiB, a third of the object's memory. One
   * whose rate is off comes to no more either.
   */
  nonces: 200_000,
  /** Swept nonces were of no use for longer than this anyway. */
  sweep_ms: 60_000,
  /** While there is no room: those who wait are told to come again in whole seconds. */
  fullSweep_ms: 1_000,
} as const;

interface OpenBatch {
  readonly id: number;
  readonly openUntil_ms: number;
  readonly nonces: string[];
  readonly stopTimer: Cancel;
}

/**
 * The nonces of a service, each good once. They are in memory, and are written in batches: of one that is
 * open when the object dies the first nonce alone is stored. What was signed before that batch had to be
 * closed is therefore refused afterwards, as nobody knows whether it was used; it can be signed anew.
 */
export class Nonces {
  readonly #store: NonceStore;
  readonly #clock: Clock;
  /** When each was seen, the longest ago first; undefined until they are read. */
  #seen: Map<string, number> | undefined;
  /** What was signed until then may be among those that were lost. */
  #lostUntil_ms = Number.NEGATIVE_INFINITY;
  #open: OpenBatch | undefined;
  #sweptAt_ms = Number.NEGATIVE_INFINITY;

  constructor(components: { store: NonceStore; clock: Clock }) {
    this.#store = components.store;
    this.#clock = components.clock;
  }

  /**
   * Whether the nonce is seen for the first time. `signedAt_ms`: as the request says; undefined where it
   * does not say. Throws `unavailable` where that cannot be told, `rate_limited` where there are too many.
   */
  take(nonce: string, signedAt_ms: number | undefined): boolean {
    const seen = this.#read();
    const now_ms = this.#clock.date();
    this.#sweep(seen, now_ms);
    if (seen.has(nonce)) {
      return false;
    }
    if (signedAt_ms !== undefined && signedAt_ms <= this.#lostUntil_ms) {
      throw new RizomaError(
        'unavailable',
        'this part of the edge restarted and cannot tell whether the request was sent before: sign it anew',
        { retryAfter_s: 1 },
      );
    }
    this.#demandRoom(seen, now_ms);
    seen.set(nonce, now_ms);
    if (signedAt_ms === undefined || signedAt_ms > now_ms + defaults.ahead_ms) {
      this.#store.addNonceBatch({ seenAt_ms: now_ms, nonces: [nonce], openUntil_ms: undefined });
    } else {
      this.#collect(nonce, now_ms);
    }
    return true;
  }

  /** Writes what is only in memory. */
  flush(): void {
    const batch = this.#open;
    if (batch !== undefined) {
      this.#open = undefined;
      batch.stopTimer();
      this.#store.closeNonceBatch(batch.id, batch.nonces);
    }
  }

  #collect(nonce: string, now_ms: number): void {
    const { batch_ms, batch_nonces } = defaults;
    if (this.#open !== undefined && now_ms > this.#open.openUntil_ms) {
      // The timer is late: what comes now would be lost beyond the time that the batch names.
      this.flush();
    }
    if (this.#open === undefined) {
      const openUntil_ms = now_ms + batch_ms;
      const id = this.#store.addNonceBatch({ seenAt_ms: now_ms, nonces: [nonce], openUntil_ms });
      const stopTimer = this.#clock.after(batch_ms, () => this.flush());
      this.#open = { id, openUntil_ms, nonces: [nonce], stopTimer };
      return;
    }
    this.#open.nonces.push(nonce);
    if (this.#open.nonces.length >= batch_nonces) {
      this.flush();
    }
  }

  #read(): Map<string, number> {
    if (this.#seen === undefined) {
      this.#seen = new Map();
      for (const { nonces, seenAt_ms, openUntil_ms } of this.#store.nonceBatches()) {
        for (const nonce of nonces) {
          this.#seen.set(nonce, seenAt_ms);
        }
        const lost_ms = openUntil_ms === undefined ? undefined : openUntil_ms + defaults.ahead_ms;
        this.#lostUntil_ms = Math.max(this.#lostUntil_ms, lost_ms ?? this.#lostUntil_ms);
      }
    }
    return this.#seen;
  }

  /** None may be forgotten before its time: the request could be sent again. */
  #demandRoom(seen: Map<string, number>, now_ms: number): void {
    const [eldest_ms] = seen.size < defaults.nonces ? [] : seen.values();
    if (eldest_ms !== undefined) {
      throw new RizomaError(
        'rate_limited',
        `the service has signed ${defaults.nonces} requests within ${limits.replayWindow_s} s, and no more can be told from replays: wait and try again`,
        { retryAfter_s: Math.ceil((eldest_ms - now_ms) / 1000) + limits.replayWindow_s },
      );
    }
  }

  #sweep(seen: Map<string, number>, now_ms: number): void {
    const isFull = seen.size >= defaults.nonces;
    if (ageOf(this.#sweptAt_ms, now_ms) < (isFull ? defaults.fullSweep_ms : defaults.sweep_ms)) {
      return;
    }
    this.#sweptAt_ms = now_ms;
    const before_ms = now_ms - limits.replayWindow_s * 1000;
    for (const [nonce, seenAt_ms] of seen) {
      if (seenAt_ms >= before_ms) {
        break;
      }
      seen.delete(nonce);
    }
    this.#store.sweepNonceBatches(before_ms);
  }
}
