import type { Clock } from '../../protocol/clock.ts';
import { defaults } from './defaults.ts';

interface Retry {
  /** In a row. */
  failures: number;
  due_ms: number;
  isTried: boolean;
}

/**
 * Streams that somebody wants and could not have. All have their turn, however many one wants; what fails again and again is
 * tried less and less often.
 */
export class Retries<T> {
  readonly #clock: Clock;
  /** By who wants them; who was longest without a turn first. */
  readonly #failed = new Map<T, Map<string, Retry>>();

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  failed(who: T, streamId: string): void {
    const streams = this.#failed.get(who) ?? new Map<string, Retry>();
    const failures = (streams.get(streamId)?.failures ?? 0) + 1;
    const wait_ms = failures === 1 ? 0 : defaults.retryAgain_ms * 2 ** (failures - 2);
    const due_ms = this.#clock.now() + Math.min(wait_ms, defaults.retryAgainMost_ms);
    this.#failed.set(who, streams.set(streamId, { failures, due_ms, isTried: false }));
  }

  /** It is to be had, or is not wanted any more. */
  forget(who: T, streamId: string): void {
    const streams = this.#failed.get(who);
    streams?.delete(streamId);
    if (streams?.size === 0) {
      this.#failed.delete(who);
    }
  }

  /** Whether it is not to be tried yet. */
  rests(who: T, streamId: string): boolean {
    const retry = this.#failed.get(who)?.get(streamId);
    return retry !== undefined && !retry.isTried && !this.#isDue(retry);
  }

  /** All of them may be tried now. */
  hurry(who: T): void {
    for (const retry of this.#failed.get(who)?.values() ?? []) {
      retry.due_ms = this.#clock.now();
    }
  }

  left(who: T): void {
    this.#failed.delete(who);
  }

  clear(): void {
    this.#failed.clear();
  }

  /** So many that are due, one of each who wants some before a second one of anybody. */
  take(most: number): Map<T, Set<string>> {
    const taken = new Map<T, Set<string>>();
    const turns = [...this.#failed].map(([who, streams]) => ({ who, due: this.#dueOf(streams) }));
    for (let left = most; left > 0 && turns.length > 0;) {
      const turn = turns.shift();
      const next = turn?.due.next();
      if (turn !== undefined && next !== undefined && next.done !== true) {
        taken.set(turn.who, (taken.get(turn.who) ?? new Set()).add(next.value));
        turns.push(turn);
        left -= 1;
      }
    }
    for (const who of taken.keys()) {
      this.#moveToEnd(who);
    }
    return taken;
  }

  *#dueOf(streams: ReadonlyMap<string, Retry>): Generator<string, undefined> {
    for (const [streamId, retry] of streams) {
      if (!retry.isTried && this.#isDue(retry)) {
        retry.isTried = true;
        yield streamId;
      }
    }
  }

  #isDue({ due_ms }: Retry): boolean {
    return due_ms <= this.#clock.now();
  }

  #moveToEnd(who: T): void {
    const streams = this.#failed.get(who);
    if (streams !== undefined) {
      this.#failed.delete(who);
      this.#failed.set(who, streams);
    }
  }
}
