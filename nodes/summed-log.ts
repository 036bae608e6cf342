import type { Cancel, Clock } from '../protocol/clock.ts';
import type { Log } from './log.ts';

const defaults = {
  /** How long lines of one kind are counted after the first: what strangers cause must not fill a disk. */
  period_ms: 10_000,
} as const;

/** Logs the first event of a kind at once, and of those that follow within 10 s how many there were. */
export class SummedLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kinds = new Map<string, { more: number; stopTimer: Cancel }>();

  constructor(components: { clock: Clock; log: Log }) {
    this.#clock = components.clock;
    this.#log = components.log;
  }

  /** `kind` is one of few: an error code. */
  write(level: 'info' | 'warn' | 'error', kind: string, fields: object, msg: string): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      known.more += 1;
      return;
    }
    this.#log[level](fields, msg);
    const stopTimer = this.#clock.after(defaults.period_ms, () => {
      const more = this.#kinds.get(kind)?.more ?? 0;
      this.#kinds.delete(kind);
      if (more > 0) {
        this.#log[level](
          { kind, more, within_ms: defaults.period_ms },
          `${msg}, and more of the kind`,
        );
      }
    });
    this.#kinds.set(kind, { more: 0, stopTimer });
  }

  close(): void {
    for (const { stopTimer } of this.#kinds.values()) {
      stopTimer();
    }
    this.#kinds.clear();
  }
}
