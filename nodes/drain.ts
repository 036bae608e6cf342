import { assertNever } from '../protocol/assert-never.ts';
import type { Cancel, Clock } from '../protocol/clock.ts';
import type { Log } from './log.ts';

export interface DrainComponents {
  clock: Clock;
  log: Log;
  /** Clients that are still carried here. */
  clients: () => number;
}

export interface DrainOptions {
  /** How long clients may stay after the drain began. */
  drain_ms: number;
  /** New clients are refused from now on, or taken again. */
  onChange: (draining: boolean) => void;
  /** The end is near: clients that can are to go elsewhere within that time. */
  onMove: (within_ms: number) => void;
  /** The last client has left, or the time is over. */
  onDone: () => void;
}

const defaults = {
  /** How soon the end follows the last client. */
  look_ms: 250,
  /** Clients are told to go so long before the end, and choose a moment in the first part of it; they play there in the rest. */
  move_ms: 15_000,
  moveWithin_ms: 5_000,
} as const;

/** Who wants the end of the node: its host by a signal, for good, or the edge, which may undo it. */
export type DrainedBy = 'host' | 'edge';

type State =
  | { is: 'serving' }
  | { is: 'draining'; by: DrainedBy; stopLooking: Cancel; stopMove: Cancel; stopDeadline: Cancel }
  | { is: 'done' };

/** A node that is to end: it takes no new clients, waits for those it has, and then is done. */
export class Drain {
  readonly #parts: DrainComponents;
  readonly #options: DrainOptions;
  #state: State = { is: 'serving' };

  constructor(components: DrainComponents, options: DrainOptions) {
    this.#parts = components;
    this.#options = options;
  }

  get draining(): boolean {
    return this.#state.is !== 'serving';
  }

  begin(by: DrainedBy): void {
    const state = this.#state;
    switch (state.is) {
      case 'serving':
        this.#begin(by);
        return;
      case 'draining':
        // The host's word is final, whoever spoke first.
        this.#state = by === 'host' ? { ...state, by } : state;
        return;
      case 'done':
        return;
      default:
        assertNever(state);
    }
  }

  /** Takes clients again, unless the host ends the node. */
  undo(): void {
    const state = this.#state;
    if (state.is === 'draining' && state.by === 'edge') {
      this.#stop(state);
      this.#state = { is: 'serving' };
      this.#parts.log.info('the drain was undone');
      this.#options.onChange(false);
    }
  }

  close(): void {
    if (this.#state.is === 'draining') {
      this.#stop(this.#state);
    }
    this.#state = { is: 'done' };
  }

  #begin(by: DrainedBy): void {
    const { clock, log, clients } = this.#parts;
    const { drain_ms, onChange, onMove } = this.#options;
    const finish = (why: string): void => this.#finish(why);
    this.#state = {
      is: 'draining',
      by,
      stopLooking: clock.every(defaults.look_ms, () => {
        if (clients() === 0) {
          finish('the last client has left');
        }
      }),
      stopMove: clock.after(Math.max(0, drain_ms - defaults.move_ms), () =>
        onMove(Math.min(defaults.moveWithin_ms, drain_ms / 3)),
      ),
      stopDeadline: clock.after(drain_ms, () => finish('its time is over')),
    };
    log.info({ by, clients: clients(), drain_s: drain_ms / 1000 }, 'node drains');
    onChange(true);
  }

  #finish(why: string): void {
    this.#parts.log.info({ why, clients: this.#parts.clients() }, 'node is drained');
    this.close();
    this.#options.onDone();
  }

  #stop(state: Extract<State, { is: 'draining' }>): void {
    state.stopLooking();
    state.stopMove();
    state.stopDeadline();
  }
}
