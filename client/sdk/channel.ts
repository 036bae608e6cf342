import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { Connected } from '../../protocol/contracts/client.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import type { ControllerSocket } from './controller-socket.ts';
import { defaults } from './defaults.ts';
import { Emitter } from './emitter.ts';
import { errorOfWords } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { ReliableSocket } from './reliable-socket.ts';
import { withTimeout } from './with-timeout.ts';

export interface ChannelEvents {
  message: { event: string; message: unknown };
  reconnecting: { reason: string };
  /** The controller did not come back at once. It is dialled on, and may yet. */
  lost: { reason: string };
  reconnected: object;
  /** It ended by itself; not emitted for `close()`. */
  closed: { reason: string };
}

type State =
  | { kind: 'opening'; settle: PromiseWithResolvers<Connected> }
  | { kind: 'open'; heartbeat: Heartbeat }
  | { kind: 'reconnecting'; lost: boolean; cancelGiveUp: Cancel; cancelLost: Cancel }
  | { kind: 'closed' };

interface Call {
  readonly answer: PromiseWithResolvers<readonly unknown[]>;
  readonly number: number;
}

/**
 * The signalling of one client with one controller, across losses of its socket: within
 * `limits.reconnection_ms` the controller knows us again by the return key that it gave us.
 */
export class Channel extends Emitter<ChannelEvents> {
  readonly #clock: Clock;
  readonly #socket: ControllerSocket;
  readonly #reliable: ReliableSocket;
  readonly #calls = new Set<Call>();
  readonly #reconnectionQuery: Record<string, string>;
  #state: State = { kind: 'opening', settle: Promise.withResolvers() };

  constructor(
    components: { clock: Clock; socket: ControllerSocket },
    options: { reconnectionQuery: Record<string, string> },
  ) {
    super();
    this.#clock = components.clock;
    this.#socket = components.socket;
    this.#reconnectionQuery = options.reconnectionQuery;
    this.#reliable = new ReliableSocket(components, {
      unconfirmedMessages: defaults.unconfirmedMessages,
      onMessage: (event, message) => this.#handleMessage(event, message),
    });
    this.#socket.onAny(() => {
      if (this.#state.kind === 'open') {
        this.#state.heartbeat.heard();
      }
    });
    this.#socket.watch({
      up: () => this.#handleUp(),
      failed: () => this.#handleFailed(),
      down: (reason, final) => this.#handleDown(reason, final),
      refused: (words) => this.#handleRefused(words),
    });
  }

  /** Enters the controller. Throws its refusal, or `timeout` where it does not answer. */
  async open(): Promise<Connected> {
    if (this.#state.kind !== 'opening') {
      throw new RizomaError('conflict', 'a channel is opened once');
    }
    const answer = this.#state.settle.promise;
    const limit_ms = defaults.controllerAnswer_ms;
    this.#socket.open();
    try {
      return await withTimeout(this.#clock, limit_ms, 'the answer of the controller', answer);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get isUp(): boolean {
    return this.#state.kind === 'open';
  }

  send(event: string, message: unknown): void {
    this.#refuseWhenClosed();
    this.#reliable.send(event, message);
  }

  /** The arguments of the callback. Throws `timeout`, `cancelled` or, where a loss took the answer, `link_down`. */
  async call(event: string, message: unknown): Promise<readonly unknown[]> {
    this.#refuseWhenClosed();
    const answer = Promise.withResolvers<readonly unknown[]>();
    const number = this.#reliable.send(event, message, (...args) => answer.resolve(args));
    const call: Call = { answer, number };
    this.#calls.add(call);
    try {
      return await withTimeout(this.#clock, defaults.callAnswer_ms, event, answer.promise);
    } finally {
      this.#calls.delete(call);
    }
  }

  /** Ends it for both sides: the controller does not wait for us to return. */
  close(): void {
    if (this.#state.kind === 'open') {
      this.#reliable.send('clientDisconnection', undefined);
    }
    this.#end('the channel was closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #refuseWhenClosed(): void {
    if (this.#state.kind === 'closed') {
      throw new RizomaError('cancelled', 'the room was left');
    }
  }

  #handleMessage(event: string, message: unknown): void {
    if (event === 'connected' && this.#state.kind === 'opening') {
      const { settle } = this.#state;
      try {
        const connected = parse(Connected, message, 'connected');
        const { returnKey } = connected;
        this.#socket.setHandshake({
          query: this.#reconnectionQuery,
          auth: returnKey === undefined ? {} : { returnKey },
        });
        this.#state = this.#newOpen();
        settle.resolve(connected);
      } catch (error) {
        settle.reject(error);
      }
      return;
    }
    if (this.#state.kind !== 'closed') {
      this.emit('message', { event, message });
    }
  }

  #handleUp(): void {
    if (this.#state.kind !== 'reconnecting') {
      return;
    }
    this.#state.cancelGiveUp();
    this.#state.cancelLost();
    this.#state = this.#newOpen();
    for (const { answer, number } of this.#calls) {
      // What was confirmed is not sent again, and its answer went down with the socket.
      if (this.#reliable.isConfirmed(number)) {
        answer.reject(new RizomaError('link_down', 'the answer was lost with the connection'));
      }
    }
    this.#reliable.resend();
    this.emit('reconnected', {});
  }

  #handleDown(reason: string, final: boolean): void {
    const state = this.#state;
    switch (state.kind) {
      case 'opening':
        if (final) {
          state.settle.reject(new RizomaError('link_down', `the controller hung up: ${reason}`));
        }
        return;
      case 'open':
        if (final) {
          this.#fail(reason === 'io server disconnect' ? 'the room was closed' : reason);
          return;
        }
        state.heartbeat.close();
        this.#state = {
          kind: 'reconnecting',
          lost: false,
          cancelLost: this.#clock.after(defaults.redial_ms, () => this.#handleLost(reason)),
          cancelGiveUp: this.#clock.after(limits.reconnection_ms, () => {
            this.#fail('the controller could not be reached again');
          }),
        };
        this.emit('reconnecting', { reason });
        return;
      case 'reconnecting':
      case 'closed':
        return;
      default:
        assertNever(state);
    }
  }

  #newOpen(): State {
    const heartbeat = Heartbeat.create(
      { clock: this.#clock, socket: this.#socket },
      { onSilence: () => this.#socket.redial() },
    );
    return { kind: 'open', heartbeat };
  }

  /** Somebody who may go elsewhere does not wait for one that cannot be reached. */
  #handleFailed(): void {
    if (this.#state.kind === 'opening') {
      this.#state.settle.reject(new RizomaError('link_down', 'the controller cannot be reached'));
      return;
    }
    this.#handleLost('the controller cannot be reached');
  }

  #handleLost(reason: string): void {
    const state = this.#state;
    if (state.kind === 'reconnecting' && !state.lost) {
      state.cancelLost();
      this.#state = { ...state, lost: true };
      this.emit('lost', { reason });
    }
  }

  #handleRefused(words: string): void {
    const error = errorOfWords(words, 'unauthorized');
    if (this.#state.kind === 'opening') {
      this.#state.settle.reject(error);
      return;
    }
    this.#fail(`the controller does not know us any more: ${error.message}`);
  }

  #fail(reason: string): void {
    if (this.#state.kind !== 'closed') {
      this.#end(reason);
      this.emit('closed', { reason });
    }
  }

  #end(reason: string): void {
    if (this.#state.kind === 'reconnecting') {
      this.#state.cancelGiveUp();
      this.#state.cancelLost();
    } else if (this.#state.kind === 'open') {
      this.#state.heartbeat.close();
    }
    this.#state = { kind: 'closed' };
    this.#socket.end();
    for (const { answer } of this.#calls) {
      answer.reject(new RizomaError('cancelled', reason));
    }
  }
}
