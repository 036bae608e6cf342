import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Say } from '../output.ts';
import type { Check } from './health.ts';
import type { Supervised } from './supervised.ts';

const defaults = {
  /** Between two looks at a part. */
  period_ms: 5_000,
  /** What a part is given to answer; a machine that is busy takes seconds. */
  ask_ms: 4_000,
  /** Looks in a row that were not answered: a part that is only slow answers one of them. */
  misses: 6,
  /** And of a process that has just been started: a minute in all. */
  starting: 12,
} as const;

/** A process that is to run, and how to see whether it works. */
export interface WatchedPart {
  readonly process: Pick<Supervised, 'pid' | 'replace'>;
  readonly check: Pick<Check, 'name' | 'ask'>;
}

/**
 * Kills processes that run but do not answer, and their supervisor restarts them: wrangler outlives its runtime, and a process
 * that hangs does not exit. All parts work when the watch begins.
 */
export class HealthWatch {
  readonly #say: Say;
  readonly #parts: readonly WatchedPart[];
  /** How many more looks each process may leave unanswered. */
  readonly #left = new Map<WatchedPart, { pid: number; looks: number }>();
  readonly #stop: Cancel;
  #busy = false;

  constructor(components: { clock: Clock; say: Say }, options: { parts: readonly WatchedPart[] }) {
    this.#say = components.say;
    this.#parts = options.parts;
    for (const part of options.parts) {
      if (part.process.pid !== undefined) {
        this.#left.set(part, { pid: part.process.pid, looks: defaults.misses });
      }
    }
    this.#stop = components.clock.every(defaults.period_ms, () => void this.#look());
  }

  close(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    await Promise.all(this.#parts.map((part) => this.#lookAt(part)));
    this.#busy = false;
  }

  async #lookAt(part: WatchedPart): Promise<void> {
    const { pid } = part.process;
    if (pid === undefined) {
      this.#left.delete(part);
      return;
    }
    const known = this.#left.get(part);
    const left = known?.pid === pid ? known.looks : defaults.starting;
    const trouble = await askOnce(part);
    const looks = trouble === undefined ? defaults.misses : left - 1;
    this.#left.set(part, { pid, looks });
    if (looks === 0 && part.process.pid === pid) {
      this.#say(`${part.check.name} runs and does not work (${trouble}); it is replaced.`);
      part.process.replace();
    }
  }
}

/** What is wrong with it; undefined where it answers as it should. */
async function askOnce({ check }: WatchedPart): Promise<string | undefined> {
  try {
    return await check.ask(AbortSignal.timeout(defaults.ask_ms));
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
