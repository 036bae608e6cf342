import type { Clock } from '../../../protocol/clock.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Engine } from '../engine.ts';
import type { Consumer, Producer } from '../media.ts';
import type { ProgramPort } from './program-port.ts';
import type { ProgramPorts } from './program-ports.ts';
import type { SdpTrack } from './sdp.ts';

interface Parts {
  consumer: Consumer;
  to: ProgramPort;
  closeTransport: () => void;
  connect: () => Promise<void>;
}

/** One track on its way to a program that records it. */
export class RecordedTrack {
  readonly #parts: Parts;
  #closed = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends nothing before `begin`. */
  static async create(
    components: { engine: Engine; ports: ProgramPorts },
    producer: Producer,
  ): Promise<RecordedTrack> {
    const transport = await components.engine.plainTransport({ learns: false });
    try {
      const to = await components.ports.draw();
      try {
        const consumer = await transport.consume(producer.id);
        const closeTransport = (): void => transport.close();
        const connect = (): Promise<void> => transport.connect(to.port);
        return new RecordedTrack({ consumer, to, closeTransport, connect });
      } catch (thrown) {
        to.close();
        throw thrown;
      }
    } catch (thrown) {
      transport.close();
      throw thrown;
    }
  }

  get kind(): Consumer['kind'] {
    return this.#parts.consumer.kind;
  }

  get sdp(): SdpTrack {
    const { consumer, to } = this.#parts;
    return { kind: consumer.kind, port: to.port, rtpParameters: consumer.rtpParameters };
  }

  isTaken(): Promise<boolean> {
    return this.#parts.to.isTaken();
  }

  async begin(): Promise<void> {
    await this.#parts.connect();
    await this.#parts.consumer.resume();
  }

  /** Begins and resolves when a key frame has gone to the program; it is asked for until it has. */
  async beginAtKeyFrame(clock: Clock, signal: AbortSignal): Promise<void> {
    const { consumer } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopWatching = consumer.onKeyFrame(resolve);
    const stopAsking = clock.every(limits.keyFrameRequest_ms, () => this.requestKeyFrame());
    signal.addEventListener('abort', () => resolve(), { once: true });
    try {
      await this.begin();
      await promise;
    } finally {
      stopAsking();
      if (!this.#closed) {
        stopWatching();
      }
    }
  }

  requestKeyFrame(): void {
    // A track that has just ended has none.
    this.#parts.consumer.requestKeyFrame().catch(() => undefined);
  }

  saySilence(): void {
    this.#parts.to.saySilence();
  }

  sayBye(): void {
    this.#parts.to.sayBye();
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#parts.consumer.close();
    this.#parts.closeTransport();
    this.#parts.to.close();
  }
}
