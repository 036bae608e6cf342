import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Say } from '../output.ts';
import { signalPid } from './sweep.ts';

const defaults = {
  /** First wait before a process that ended by itself is started again; it doubles each time. */
  backoffMin_ms: 500,
  /** A process that ends at once, every time, is started no more often than this. */
  backoffMax_ms: 10_000,
  /** A process that ran this long had started well: the next wait is the first one again. */
  settled_ms: 30_000,
} as const;

export interface SupervisedOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Both outputs are appended to it. */
  readonly logFile: string;
  /** Clears away what a process that ended by itself has left in the way of the next one. */
  readonly beforeRestart?: () => Promise<unknown>;
}

type State =
  | { readonly kind: 'down' }
  | { readonly kind: 'running'; readonly child: ChildProcess; readonly since_ms: number }
  | { readonly kind: 'backing-off'; readonly cancel: Cancel };

/** One process that is to run until it is told otherwise: it is started again when it ends by itself. */
export class Supervised {
  readonly #clock: Clock;
  readonly #say: Say;
  readonly #options: SupervisedOptions;
  #state: State = { kind: 'down' };
  #backoff_ms: number = defaults.backoffMin_ms;

  constructor(components: { clock: Clock; say: Say }, options: SupervisedOptions) {
    this.#clock = components.clock;
    this.#say = components.say;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Of the running process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#state.kind === 'running' ? this.#state.child.pid : undefined;
  }

  /** Starts the process if it is not running. */
  start(): void {
    switch (this.#state.kind) {
      case 'running':
        return;
      case 'backing-off':
        this.#state.cancel();
        break;
      case 'down':
        break;
      default:
        assertNever(this.#state);
    }
    const child = this.#spawn();
    this.#state = { kind: 'running', child, since_ms: this.#clock.now() };
    child.once('error', (error) => this.#handleEnd(child, error.message));
    child.once('exit', (code, signal) => this.#handleEnd(child, signal ?? `exit code ${code}`));
  }

  /** Sends the signal and keeps the process down; resolves when it has gone or the time is over. */
  async halt(signal: NodeJS.Signals, timeout_ms: number): Promise<'gone' | 'still there'> {
    const state = this.#state;
    if (state.kind === 'backing-off') state.cancel();
    this.#state = { kind: 'down' };
    if (state.kind !== 'running' || state.child.pid === undefined) return 'gone';
    return await this.#end(state.child, state.child.pid, signal, timeout_ms);
  }

  /** Kills the process, which works no more; it is started again as one that ended by itself. */
  replace(): void {
    if (this.#state.kind === 'running' && this.#state.child.pid !== undefined) {
      signalPid(this.#state.child.pid, 'SIGKILL');
    }
  }

  async #end(child: ChildProcess, pid: number, signal: NodeJS.Signals, timeout_ms: number) {
    if (child.exitCode !== null || child.signalCode !== null) return 'gone';
    const { promise, resolve } = Promise.withResolvers<'gone' | 'still there'>();
    child.once('exit', () => resolve('gone'));
    const cancel = this.#clock.after(timeout_ms, () => resolve('still there'));
    signalPid(pid, signal);
    const outcome = await promise;
    cancel();
    if (outcome === 'still there') signalPid(pid, 'SIGKILL');
    return outcome;
  }

  #spawn(): ChildProcess {
    const { program, args, cwd, env, logFile } = this.#options;
    const log = openSync(logFile, 'a', 0o600);
    try {
      // A group of its own, so that Ctrl-C reaches the supervisor alone, which then ends all in order.
      return spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    } finally {
      closeSync(log);
    }
  }

  #handleEnd(child: ChildProcess, how: string): void {
    const state = this.#state;
    if (state.kind !== 'running' || state.child !== child) return;
    const ran_ms = this.#clock.now() - state.since_ms;
    if (ran_ms >= defaults.settled_ms) this.#backoff_ms = defaults.backoffMin_ms;
    const wait_ms = this.#backoff_ms;
    this.#backoff_ms = Math.min(defaults.backoffMax_ms, wait_ms * 2);
    this.#say(`${this.name} ended by itself (${how}); starting it again in ${wait_ms / 1000} s.`);
    this.#backOff(wait_ms);
  }

  #backOff(wait_ms: number): void {
    const cancel = this.#clock.after(wait_ms, () => {
      void Promise.resolve(this.#options.beforeRestart?.()).then(() => {
        // It may have been halted, or started by hand, meanwhile.
        if (this.#state === waiting) this.start();
      });
    });
    const waiting: State = { kind: 'backing-off', cancel };
    this.#state = waiting;
  }
}
