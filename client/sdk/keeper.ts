import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { RizomaError } from '../../protocol/errors.ts';
import { isPermanent } from './errors.ts';
import type { RecoveryEffect, RecoveryEvent, RecoveryState } from './recovery.ts';
import { firstTry, recover } from './recovery.ts';

export interface KeeperOptions {
  /** One try. Where the signal is aborted it undoes by itself what it made. */
  attempt: (signal: AbortSignal) => Promise<void>;
  onLive: () => void;
  /** What worked at an earlier controller has ended. */
  onReleased: () => void;
  /** How long that is kept after the stream works at the new one. */
  linger_ms: number;
  onGivenUp: (error: RizomaError) => void;
}

/** Keeps one stream going: the shell around `recover`. */
export class Keeper {
  readonly #clock: Clock;
  readonly #options: KeeperOptions;
  #state: RecoveryState = firstTry;
  #attempt = new AbortController();
  /** What works at earlier controllers. */
  #kept: AbortController[] = [];
  #cancelLinger: Cancel | undefined;
  #cancelWait: Cancel | undefined;
  #lastError: RizomaError = toRizomaError(undefined);

  constructor(components: { clock: Clock }, options: KeeperOptions) {
    this.#clock = components.clock;
    this.#options = options;
  }

  /** Begins the first try; to be called once. */
  start(): void {
    this.#try();
  }

  get state(): RecoveryState['kind'] {
    return this.#state.kind;
  }

  /** The stream, or a try of it, failed. */
  handleBroken(error: RizomaError): void {
    this.#lastError = error;
    const permanent = isPermanent(error.code);
    this.#apply({ kind: 'broke', now_ms: this.#clock.now(), permanent });
  }

  /** Whether something of an earlier controller is kept. */
  get keepsOld(): boolean {
    return this.#kept.length > 0;
  }

  /** What there is of it has to be made anew. */
  handleAgain(): void {
    this.#apply({ kind: 'again' });
  }

  /** There is another controller, to which the attempts go from now on. */
  handleMoved(): void {
    this.#apply({ kind: 'moved' });
  }

  handleRoom(up: boolean): void {
    this.#apply({ kind: up ? 'room-up' : 'room-down' });
  }

  /** No more tries; the one under way is aborted. */
  close(): void {
    this.#apply({ kind: 'end' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #apply(event: RecoveryEvent): void {
    const { state, effects } = recover(this.#state, event);
    this.#state = state;
    for (const effect of effects) {
      this.#run(effect);
    }
  }

  #run(effect: RecoveryEffect): void {
    switch (effect.kind) {
      case 'try':
        this.#try();
        return;
      case 'wait':
        this.#cancelWait = this.#clock.after(effect.delay_ms, () =>
          this.#apply({ kind: 'waited' }),
        );
        return;
      case 'abandon':
        this.#cancelWait?.();
        this.#attempt.abort();
        return;
      case 'keep':
        this.#cancelLinger?.();
        this.#kept.push(this.#attempt);
        return;
      case 'release':
        this.#release();
        return;
      case 'give-up':
        this.#options.onGivenUp(this.#lastError);
        return;
      default:
        assertNever(effect);
    }
  }

  /** At once where the stream ends, or nobody misses it. */
  #release(): void {
    const { linger_ms, onReleased } = this.#options;
    this.#cancelLinger?.();
    if (!this.keepsOld) {
      return;
    }
    const end = (): void => {
      const kept = this.#kept;
      this.#kept = [];
      for (const attempt of kept) {
        attempt.abort();
      }
      onReleased();
    };
    if (this.#state.kind !== 'live' || linger_ms === 0) {
      end();
    } else {
      this.#cancelLinger = this.#clock.after(linger_ms, end);
    }
  }

  #try(): void {
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#options.attempt(attempt.signal).then(
      () => {
        if (!attempt.signal.aborted) {
          this.#apply({ kind: 'worked', now_ms: this.#clock.now() });
          this.#options.onLive();
        }
      },
      (error: unknown) => {
        if (!attempt.signal.aborted) {
          this.handleBroken(toRizomaError(error));
        }
      },
    );
  }
}
