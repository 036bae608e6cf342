import type { Cancel, Clock } from './clock.ts';
import type {
  CallsOf,
  Contract,
  Handlers,
  NotificationsOf,
  ParamsIn,
  PartOf,
  ResultOf,
} from './contract.ts';
import type { ErrorCode } from './errors.ts';
import { isErrorCode, RizomaError, toRizomaError } from './errors.ts';
import type { Frame } from './frame.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { limits } from './limits.ts';
import type { Link, LinkEnd } from './link.ts';
import { parse } from './parse.ts';
import { RpcServer } from './rpc-server.ts';

/** Told of each call that has ended; `code` is undefined where it succeeded. */
export type OnCall = (call: {
  method: string;
  duration_ms: number;
  code: ErrorCode | undefined;
}) => void;

export interface RpcPeerOptions<Out extends Contract, In extends Contract> {
  /** What the other side offers. */
  outgoing: Out;
  /** What this side offers. */
  incoming: In;
  /** Told of frames that break the rules and of handlers that fail inside; never holds secrets. */
  onFault?: (fault: RizomaError, method: string | undefined) => void;
  onEnd?: (why: LinkEnd) => void;
  /** For measurements. */
  onCall?: OnCall | undefined;
}

export interface CallOptions<Part> {
  /** Shorter or longer than the row says. */
  timeout_ms?: number;
  signal?: AbortSignal;
  onPart?: (part: Part) => void;
}

interface Pending {
  method: string;
  onPart: ((value: unknown) => void) | undefined;
  resolve: (value: unknown) => void;
  reject: (error: RizomaError) => void;
  stopWaiting: () => void;
}

/**
 * One end of a typed conversation over a link: it calls what the other side offers and serves what
 * this side offers (Licode: `amqper`, its callback dictionary and `rpcPublic`).
 *
 * Every call ends: with its answer, with the other side's error, or with `timeout`, `cancelled`,
 * `overloaded`, `link_down`. When the link ends all pending calls end with `link_down` at once.
 */
export class RpcPeer<Out extends Contract, In extends Contract> {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #options: RpcPeerOptions<Out, In>;
  readonly #server: RpcServer<In>;
  /** The dictionary of calls that wait for their answers. */
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: LinkEnd | undefined;

  constructor(
    components: { link: Link; clock: Clock; handlers: Handlers<In> },
    options: RpcPeerOptions<Out, In>,
  ) {
    this.#link = components.link;
    this.#clock = components.clock;
    this.#options = options;
    this.#server = new RpcServer(
      {
        clock: components.clock,
        handlers: components.handlers,
        send: (frame) => this.#send(frame),
      },
      { incoming: options.incoming, onFault: (fault, method) => options.onFault?.(fault, method) },
    );
  }

  /** Makes a peer and opens its link. */
  static create<Out extends Contract, In extends Contract>(
    components: { link: Link; clock: Clock; handlers: Handlers<In> },
    options: RpcPeerOptions<Out, In>,
  ): RpcPeer<Out, In> {
    const peer = new RpcPeer(components, options);
    components.link.open({
      frame: (text) => peer.#onFrame(text),
      ended: (why) => peer.#onEnd(why),
    });
    return peer;
  }

  get ended(): LinkEnd | undefined {
    return this.#ended;
  }

  get callsInFlight(): number {
    return this.#pending.size;
  }

  async call<M extends CallsOf<Out>>(
    method: M,
    params: ParamsIn<Out, M>,
    options: CallOptions<PartOf<Out, M>> = {},
  ): Promise<ResultOf<Out, M>> {
    const began_ms = this.#clock.now();
    const ended = (code: ErrorCode | undefined): void =>
      this.#options.onCall?.({ method, duration_ms: this.#clock.now() - began_ms, code });
    try {
      const result = await this.#call(method, params, options);
      ended(undefined);
      return result;
    } catch (thrown) {
      ended(toRizomaError(thrown).code);
      throw thrown;
    }
  }

  async #call<M extends CallsOf<Out>>(
    method: M,
    params: ParamsIn<Out, M>,
    options: CallOptions<PartOf<Out, M>>,
  ): Promise<ResultOf<Out, M>> {
    const row = this.#options.outgoing[method];
    if (row === undefined || 'notify' in row) {
      throw new RizomaError('unknown_method', `${method} is not a call of this contract`);
    }
    const { onPart } = options;
    const partSchema = row.part;
    const value = await this.#request(method, params, {
      timeout_ms: options.timeout_ms ?? row.timeout_ms,
      signal: options.signal,
      onPart:
        onPart === undefined || partSchema === undefined
          ? undefined
          : (part) =>
              onPart(parse(partSchema, part, `${method} part`, 'internal') as PartOf<Out, M>),
    });
    // The row's own schema gives the row's own type; the compiler cannot follow it through the map.
    return parse(row.result, value, `${method} answer`, 'internal') as ResultOf<Out, M>;
  }

  /** Sends a message that is not answered. Throws as `Link.send`. */
  notify<M extends NotificationsOf<Out>>(method: M, params: ParamsIn<Out, M>): void {
    this.#send({ t: 'notify', method, params });
  }

  /** Ends the link; pending calls end with `link_down`. */
  close(): void {
    this.#link.close();
    this.#onEnd('closed');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #request(
    method: string,
    params: unknown,
    options: { timeout_ms: number; signal: AbortSignal | undefined; onPart: Pending['onPart'] },
  ): Promise<unknown> {
    const { timeout_ms, signal, onPart } = options;
    return new Promise((resolve, reject) => {
      if (this.#pending.size >= limits.callsInFlight) {
        throw new RizomaError(
          'overloaded',
          `${limits.callsInFlight} calls wait on ${this.#link.name}`,
        );
      }
      if (signal?.aborted === true) {
        throw new RizomaError('cancelled', `${method} was cancelled before it was sent`);
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#send({ t: 'call', id, method, params, timeout_ms });
      const giveUp = (error: RizomaError): void => {
        this.#settle(id)?.reject(error);
        this.#sendCancel(id);
      };
      const stopTimer: Cancel = this.#clock.after(timeout_ms, () =>
        giveUp(new RizomaError('timeout', `${method} was not answered in ${timeout_ms} ms`)),
      );
      const onAbort = (): void => giveUp(new RizomaError('cancelled', `${method} was cancelled`));
      signal?.addEventListener('abort', onAbort, { once: true });
      const stopWaiting = (): void => {
        stopTimer();
        signal?.removeEventListener('abort', onAbort);
      };
      this.#pending.set(id, { method, onPart, resolve, reject, stopWaiting });
    });
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.stopWaiting();
    return pending;
  }

  #sendCancel(id: number): void {
    try {
      this.#send({ t: 'cancel', id });
    } catch {
      // A link that is down or full has no caller to tell: the other side's own deadline ends the call.
    }
  }

  #send(frame: Frame): void {
    if (this.#ended !== undefined) {
      throw new RizomaError('link_down', `${this.#link.name} has ended (${this.#ended})`);
    }
    this.#link.send(encodeFrame(frame));
  }

  #onFrame(text: string): void {
    try {
      this.#onParsed(decodeFrame(text));
    } catch (thrown) {
      this.#options.onFault?.(toRizomaError(thrown), undefined);
    }
  }

  #onParsed(frame: Frame): void {
    switch (frame.t) {
      case 'call':
      case 'cancel':
      case 'notify':
        this.#server.accept(frame);
        return;
      case 'part':
        this.#pending.get(frame.id)?.onPart?.(frame.value);
        return;
      case 'result':
        this.#settle(frame.id)?.resolve(frame.value);
        return;
      case 'error': {
        const code = isErrorCode(frame.code) ? frame.code : 'internal';
        const details = frame.details === undefined ? {} : { details: frame.details };
        this.#settle(frame.id)?.reject(new RizomaError(code, frame.message, details));
        return;
      }
    }
  }

  #onEnd(why: LinkEnd): void {
    if (this.#ended !== undefined) {
      return;
    }
    this.#ended = why;
    this.#server.close();
    for (const id of this.#pending.keys()) {
      const pending = this.#settle(id);
      pending?.reject(
        new RizomaError(
          'link_down',
          `${this.#link.name} ended (${why}) before ${pending.method} was answered`,
        ),
      );
    }
    this.#options.onEnd?.(why);
  }
}
