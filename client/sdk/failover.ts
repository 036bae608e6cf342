import type { Cancel, Clock } from '../../protocol/clock.ts';
import { defaults } from './defaults.ts';
import type { JoinError } from './errors.ts';
import { isFinal, toJoinError } from './errors.ts';
import type { Entered } from './session.ts';

export interface FailoverComponents {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Enters another controller than the one that was lost. Throws a `JoinError`. */
  readonly enter: () => Promise<Entered>;
}

export interface FailoverOptions {
  onEntered: (entered: Entered) => void;
  /** A round came to nothing, and another one follows. */
  onTrouble: (error: JoinError) => void;
  /** Nobody will take us any more. */
  onGivenUp: (error: JoinError) => void;
}

/** Looks for another controller, round after round, until one takes us or it is in vain. */
export class Failover {
  readonly #parts: FailoverComponents;
  readonly #options: FailoverOptions;
  /** The search that is under way. */
  #search: { since_ms: number; rounds: number; isPatient: boolean; cancelWait: Cancel } | undefined;

  constructor(components: FailoverComponents, options: FailoverOptions) {
    this.#parts = components;
    this.#options = options;
  }

  /** Begins, after a wait that a later start may cut short; nothing where a search is under way. */
  start(wait_ms = 0): void {
    const search = this.#search;
    if (search !== undefined && !search.isPatient) {
      return;
    }
    search?.cancelWait();
    const since_ms = this.#parts.clock.now();
    const isPatient = wait_ms > 0;
    this.#search = { since_ms, rounds: 0, isPatient, cancelWait: () => undefined };
    this.#after(wait_ms);
  }

  /** It is not needed any more. A controller that takes us meanwhile is left again. */
  stop(): void {
    this.#search?.cancelWait();
    this.#search = undefined;
  }

  #after(wait_ms: number): void {
    if (this.#search === undefined) {
      return;
    }
    if (wait_ms === 0) {
      void this.#round();
    } else {
      this.#search.cancelWait = this.#parts.clock.after(wait_ms, () => void this.#round());
    }
  }

  async #round(): Promise<void> {
    const search = this.#search;
    if (search !== undefined) {
      search.isPatient = false;
    }
    try {
      const entered = await this.#parts.enter();
      if (this.#search !== search) {
        entered.channel.close();
        return;
      }
      this.stop();
      this.#options.onEntered(entered);
    } catch (thrown) {
      if (this.#search === search) {
        this.#handleFailed(toJoinError(thrown));
      }
    }
  }

  #handleFailed(error: JoinError): void {
    const search = this.#search;
    if (search === undefined) {
      return;
    }
    const { clock, random } = this.#parts;
    if (isFinal(error.code) || clock.now() - search.since_ms >= defaults.failover_ms) {
      this.stop();
      this.#options.onGivenUp(error);
      return;
    }
    const bound_ms = Math.min(
      defaults.longestRound_ms,
      defaults.firstRound_ms * 2 ** search.rounds,
    );
    search.rounds += 1;
    this.#options.onTrouble(error);
    // Half of it is chance, so that those who lost one controller do not come back all at once.
    this.#after(bound_ms * (0.5 + 0.5 * random()));
  }
}
