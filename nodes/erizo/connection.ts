import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { newStreamId, newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import { erizoDefaults } from './config.ts';
import type { Engine } from './engine.ts';
import type { TransportState, WebRtcTransport } from './engine-transports.ts';
import type { Origin } from './sdp/write.ts';
import { deferred } from './wait.ts';

type State =
  | { type: 'opening' }
  | { type: 'open' | 'connected'; transport: WebRtcTransport }
  | { type: 'ended' };

export interface ConnectionOptions {
  /** Of a connection that goes on here; else a new one. */
  id?: string;
  /** It ends by itself, and not because of `close`. */
  onFailed: () => void;
  /** Once and last, however it ends. */
  onEnd: () => void;
}

/** One transport to a client: what it is called, when it can carry media and when it has ended. */
export class Connection {
  readonly id: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onFailed: () => void;
  readonly #onEnd: () => void;
  readonly #transport = deferred<WebRtcTransport>();
  readonly #connected = deferred<void>();
  readonly #sessionId = newStreamId();
  #version = 0;
  #state: State = { type: 'opening' };
  #work: Promise<unknown> = Promise.resolve();
  /** Descriptions of the client that are being taken, or wait for that. */
  #descriptions = 0;
  /** Why it ends by itself. */
  #failure: RizomaError | undefined;
  #stopWaiting: Cancel = () => undefined;

  constructor(components: { clock: Clock; log: Log }, options: ConnectionOptions) {
    this.id = options.id ?? newUuid();
    this.#clock = components.clock;
    this.#log = components.log.child({ connectionId: this.id });
    this.#onFailed = options.onFailed;
    this.#onEnd = options.onEnd;
  }

  /** Begins to open a transport and answers at once. */
  static create(
    components: { engine: Engine; clock: Clock; log: Log },
    options: ConnectionOptions,
  ): Connection {
    const connection = new Connection(components, options);
    void connection.#open(components.engine);
    return connection;
  }

  /** Rejects where no transport could be opened, or the connection was closed before. */
  get transport(): Promise<WebRtcTransport> {
    return this.#transport.promise;
  }

  /** Resolves when media can flow. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  get isConnected(): boolean {
    return this.#state.type === 'connected';
  }

  get hasEnded(): boolean {
    return this.#state.type === 'ended';
  }

  /** The `o=` line of the next description of ours. */
  nextOrigin(): Origin {
    this.#version += 1;
    return { sessionId: this.#sessionId, version: this.#version };
  }

  /**
   * Runs the task when those before it are done: descriptions take effect in the order they came. Rejects with `overloaded`
   * where too many wait. Between two of them others have a turn of the event loop, as each may be long to read.
   */
  inOrder<T>(task: () => Promise<T>): Promise<T> {
    if (this.#descriptions > erizoDefaults.waitingDescriptions) {
      const words =
        'too many descriptions of this connection wait: send the next when one is answered';
      return Promise.reject(new RizomaError('overloaded', words));
    }
    const isFirst = this.#descriptions === 0;
    this.#descriptions += 1;
    const done = isFirst ? this.#work.then(task) : this.#work.then(() => nextTurn()).then(task);
    this.#work = done
      .catch(() => undefined)
      .then(() => {
        this.#descriptions -= 1;
      });
    return done;
  }

  /** The client has lost it. */
  fail(): void {
    this.#onTransport('ended');
  }

  close(): void {
    this.#end(new RizomaError('cancelled', 'the connection was closed'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #open(engine: Engine): Promise<void> {
    try {
      this.#adopt(await engine.webRtcTransport());
    } catch (thrown) {
      this.#transport.reject(thrown);
      this.#end(toRizomaError(thrown));
    }
  }

  #adopt(transport: WebRtcTransport): void {
    if (this.#state.type === 'ended') {
      transport.close();
      return;
    }
    this.#state = { type: 'open', transport };
    transport.watch((state) => this.#onTransport(state));
    this.#transport.resolve(transport);
  }

  #onTransport(state: TransportState): void {
    switch (state) {
      case 'connecting':
        this.#stopWaiting();
        this.#stopWaiting = this.#clock.after(limits.handshake_ms, () => this.#onHung());
        return;
      case 'connected':
        this.#stopWaiting();
        if (this.#state.type === 'open') {
          this.#state = { type: 'connected', transport: this.#state.transport };
          this.#log.info('connection connected');
          this.#connected.resolve();
        }
        return;
      case 'ended':
        if (this.#state.type !== 'ended') {
          // The owner first, who ends what goes over it in order, and may close it with the last of that.
          this.#failure = new RizomaError('unavailable', 'ICE or DTLS has ended');
          this.#onFailed();
          this.#end(this.#failure);
        }
        return;
      default:
        assertNever(state);
    }
  }

  /**
   * The worker sends no flight of DTLS again where its timer fires before OpenSSL's, as it may on a busy machine;
   * and a client that is to greet may never do so. ICE shows neither.
   */
  #onHung(): void {
    if (this.#state.type === 'open') {
      this.#log.warn({ handshake_ms: limits.handshake_ms }, 'DTLS handshake given up');
      this.#onTransport('ended');
    }
  }

  #end(reason: RizomaError): void {
    if (this.#state.type === 'ended') {
      return;
    }
    const why = this.#failure ?? reason;
    this.#stopWaiting();
    if (this.#state.type !== 'opening') {
      this.#state.transport.close();
    }
    this.#state = { type: 'ended' };
    this.#transport.reject(why);
    this.#connected.reject(why);
    this.#log.info({ code: why.code, why: why.message }, 'connection ended');
    this.#onEnd();
  }
}
