import type { Cancel, Clock } from '../../protocol/clock.ts';
import { defaults } from './defaults.ts';
import type { JoinError } from './errors.ts';
import { isFinal, toJoinError } from './errors.ts';
import type { Entered } from './session.ts';

export interface FailoverComponents {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /**
   * Enters another controller than the one that was lost. Asks before it dials one whether that is still wanted, and
   * answers undefined where it is not. Throws a `JoinError`.
   */
  readonly enter: (isWanted: () => boolean) => Promise<Entered | undefined>;
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
  #search:
    | {
        since_ms: number;
        rounds: number;
        isPatient: boolean;
        /** A controller is dialled, which may have taken us in the place of what we have elsewhere. */
        isDialling: boolean;
        /** The lost controller is back: no further round follows. */
        isLast: boolean;
        cancelWait: Cancel;
      }
    | undefined;

  constructor(components: FailoverComponents, options: FailoverOptions) {
    this.#parts = components;
    this.#options = options;
  }

  /** Begins, after a wait that a later start may cut short; nothing where a search is under way. */
  start(wait_ms = 0): void {
    const search = this.#search;
    if (search !== undefined && !search.isPatient) {
      search.isLast = false;
      return;
    }
    search?.cancelWait();
    const since_ms = this.#parts.clock.now();
    const isPatient = wait_ms > 0;
    const cancelWait = (): void => undefined;
    const state = { isPatient, isDialling: false, isLast: false };
    this.#search = { since_ms, rounds: 0, ...state, cancelWait };
    this.#after(wait_ms);
  }

  /** Whether a controller may take us at any moment, or has done so already. */
  get isDialling(): boolean {
    return this.#search?.isDialling === true;
  }

  /**
   * The controller that was lost is back. One that is being dialled may take us in its place all the same, and is then where
   * we are: it knows of the later ticket.
   */
  settle(): void {
    if (this.#search?.isDialling === true) {
      this.#search.isLast = true;
    } else {
      this.stop();
    }
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
      const entered = await this.#parts.enter(() => {
        if (search !== undefined && this.#search === search) {
          search.isDialling = true;
        }
        return this.#search === search;
      });
      if (entered === undefined) {
        return;
      }
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
    search.isDialling = false;
    if (search.isLast) {
      this.stop();
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
