import type { PipeEndpoint } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Engine } from './engine.ts';
import type { PipeTransport } from './engine-transports.ts';
import { deferred } from './wait.ts';

/** One end of the pipe to another process; all streams between the two share it. */
export class Pipe {
  readonly pipeId: string;
  readonly #transport = deferred<PipeTransport>();
  #connecting: Promise<void> | undefined;
  #closed = false;

  constructor(options: { pipeId: string }) {
    this.pipeId = options.pipeId;
  }

  /** Begins to open this end and answers at once. */
  static create(components: { engine: Engine }, options: { pipeId: string }): Pipe {
    const pipe = new Pipe(options);
    void pipe.#open(components.engine);
    return pipe;
  }

  /** Rejects where this end could not be opened, or was closed before. */
  get transport(): Promise<PipeTransport> {
    return this.#transport.promise;
  }

  async endpoint(): Promise<PipeEndpoint> {
    return (await this.transport).endpoint;
  }

  /** Names the other end; the first call does it for all. */
  connect(remote: PipeEndpoint): Promise<void> {
    this.#connecting ??= this.transport.then((transport) => transport.connect(remote));
    return this.#connecting;
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#transport.promise.then((transport) => transport.close()).catch(() => undefined);
    this.#transport.reject(new RizomaError('cancelled', 'the pipe was closed'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #open(engine: Engine): Promise<void> {
    try {
      const transport = await engine.pipeTransport();
      if (this.#closed) {
        transport.close();
      } else {
        this.#transport.resolve(transport);
      }
    } catch (thrown) {
      this.#transport.reject(toRizomaError(thrown));
    }
  }
}
