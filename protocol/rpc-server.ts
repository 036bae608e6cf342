import type { Cancel, Clock } from './clock.ts';
import type { CallContext, CallRow, Contract, Handlers } from './contract.ts';
import { RizomaError, toRizomaError } from './errors.ts';
import type { Frame } from './frame.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';

type Incoming = Extract<Frame, { t: 'call' | 'cancel' | 'notify' }>;
type AnyHandler = (params: unknown, context: CallContext<unknown>) => unknown;

interface Running {
  abort: AbortController;
  stopTimer: Cancel;
}

/**
 * The serving half of an `RpcPeer`: it parses the parameters with the row's schema, gives the
 * handler its deadline and answers. A method that is not a row is refused, whatever its name.
 */
export class RpcServer<In extends Contract> {
  readonly #clock: Clock;
  readonly #handlers: Handlers<In>;
  readonly #sendFrame: (frame: Frame) => void;
  readonly #incoming: In;
  readonly #onFault: (fault: RizomaError, method: string) => void;
  readonly #running = new Map<number, Running>();
  /** Ids only grow: a call that comes a second time is not served a second time. */
  #lastId = -1;

  constructor(
    components: { clock: Clock; handlers: Handlers<In>; send: (frame: Frame) => void },
    options: { incoming: In; onFault: (fault: RizomaError, method: string) => void },
  ) {
    this.#clock = components.clock;
    this.#handlers = components.handlers;
    this.#sendFrame = components.send;
    this.#incoming = options.incoming;
    this.#onFault = options.onFault;
  }

  accept(frame: Incoming): void {
    switch (frame.t) {
      case 'call':
        if (frame.id > this.#lastId) {
          this.#lastId = frame.id;
          void this.#serve(frame);
        }
        return;
      case 'cancel':
        this.#running.get(frame.id)?.abort.abort();
        return;
      case 'notify':
        this.#notice(frame);
        return;
    }
  }

  /** Aborts what runs: there is nobody left to answer. */
  close(): void {
    for (const running of this.#running.values()) {
      running.stopTimer();
      running.abort.abort();
    }
    this.#running.clear();
  }

  #notice(frame: Extract<Incoming, { t: 'notify' }>): void {
    try {
      const row = this.#row(frame.method);
      const params = parse(row.params, frame.params, frame.method);
      const outcome = this.#handler(frame.method)(params, noContext);
      if (outcome instanceof Promise) {
        outcome.catch((thrown: unknown) => this.#fault(thrown, frame.method));
      }
    } catch (thrown) {
      this.#fault(thrown, frame.method);
    }
  }

  async #serve(frame: Extract<Incoming, { t: 'call' }>): Promise<void> {
    const abort = new AbortController();
    try {
      const row = this.#callRow(frame.method);
      if (this.#running.size >= limits.callsInFlight) {
        throw new RizomaError('overloaded', `${this.#running.size} calls are being served here`);
      }
      const params = parse(row.params, frame.params, frame.method);
      const stopTimer = this.#clock.after(frame.timeout_ms, () => abort.abort());
      this.#running.set(frame.id, { abort, stopTimer });
      const value = await this.#handler(frame.method)(
        params,
        this.#context(frame, row, abort.signal),
      );
      this.#answer(abort.signal, { t: 'result', id: frame.id, value });
    } catch (thrown) {
      const error = this.#fault(thrown, frame.method);
      const details = error.details === undefined ? {} : { details: error.details };
      const message = error.message.slice(0, 2_000);
      this.#answer(abort.signal, {
        t: 'error',
        id: frame.id,
        code: error.code,
        message,
        ...details,
      });
    } finally {
      this.#running.get(frame.id)?.stopTimer();
      this.#running.delete(frame.id);
    }
  }

  #context(
    frame: Extract<Incoming, { t: 'call' }>,
    row: CallRow,
    signal: AbortSignal,
  ): CallContext<unknown> {
    const deadline_ms = this.#clock.now() + frame.timeout_ms;
    const now = (): number => this.#clock.now();
    return {
      signal,
      get remaining_ms() {
        return Math.max(0, deadline_ms - now());
      },
      part: (value) => {
        if (row.part !== undefined) {
          this.#answer(signal, { t: 'part', id: frame.id, value });
        }
      },
    };
  }

  /** A caller who gave up is not answered: it has forgotten the id. */
  #answer(signal: AbortSignal, frame: Frame): void {
    if (signal.aborted) {
      return;
    }
    try {
      this.#sendFrame(frame);
    } catch (thrown) {
      this.#onFault(toRizomaError(thrown), frame.t);
    }
  }

  #row(method: string): Contract[string] {
    const row = Object.hasOwn(this.#incoming, method) ? this.#incoming[method] : undefined;
    if (row === undefined) {
      throw new RizomaError('unknown_method', `there is no method ${method.slice(0, 64)} here`);
    }
    return row;
  }

  #callRow(method: string): CallRow {
    const row = this.#row(method);
    if ('notify' in row) {
      throw new RizomaError('unknown_method', `${method} is a notification and is not answered`);
    }
    return row;
  }

  /** The map's type ties each handler to its row; here, where the row is a variable, that is lost. */
  #handler(method: string): AnyHandler {
    return (this.#handlers as unknown as Record<string, AnyHandler>)[method] as AnyHandler;
  }

  #fault(thrown: unknown, method: string): RizomaError {
    const error = toRizomaError(thrown);
    if (
      error.code === 'internal' ||
      error.code === 'bad_request' ||
      error.code === 'unknown_method'
    ) {
      this.#onFault(error, method);
    }
    return error;
  }
}

const noContext: CallContext<unknown> = {
  signal: new AbortController().signal,
  remaining_ms: 0,
  part: () => undefined,
};
