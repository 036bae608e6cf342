type TraceType = 'rtp' | 'keyframe';

interface Watch {
  type: TraceType;
  listener: () => void;
}

/** A track as mediasoup has it, on its way in or out. */
interface Traced {
  on(event: 'trace', listener: (trace: { type: string }) => void): unknown;
  enableTraceEvent(types: TraceType[]): Promise<void>;
}

/** What the worker tells of the packets of one track. It tells only what somebody listens for. */
export class Trace {
  readonly #traced: Traced;
  readonly #watches = new Set<Watch>();

  constructor(traced: Traced) {
    this.#traced = traced;
    traced.on('trace', ({ type }) => this.#tell(type));
  }

  /** Calls the listener for each packet, or each key frame, until the answer is called. */
  on(type: TraceType, listener: () => void): () => void {
    const watch = { type, listener };
    this.#watches.add(watch);
    this.#ask();
    return () => {
      this.#watches.delete(watch);
      this.#ask();
    };
  }

  /** The same, for the first alone. */
  once(type: TraceType, listener: () => void): void {
    const stop = this.on(type, () => {
      stop();
      listener();
    });
  }

  #tell(type: string): void {
    for (const watch of [...this.#watches]) {
      if (watch.type === type && this.#watches.has(watch)) {
        watch.listener();
      }
    }
  }

  #ask(): void {
    const types = new Set([...this.#watches].map(({ type }) => type));
    // A track that is closed is traced no more.
    this.#traced.enableTraceEvent([...types]).catch(() => undefined);
  }
}
