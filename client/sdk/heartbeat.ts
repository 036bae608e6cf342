import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { RawSocket } from './reliable-socket.ts';
import { defaults } from './defaults.ts';

/**
 * Whether a controller lives: one that says nothing is asked. socket.io's own ping is Licode's, each 10 s,
 * by which a call would have been lost for 15 s before anybody knew.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #socket: RawSocket;
  readonly #onSilence: () => void;
  #stop: Cancel = () => undefined;
  #closed = false;

  private constructor(
    components: { clock: Clock; socket: RawSocket },
    options: { onSilence: () => void },
  ) {
    this.#clock = components.clock;
    this.#socket = components.socket;
    this.#onSilence = options.onSilence;
  }

  static create(
    components: { clock: Clock; socket: RawSocket },
    options: { onSilence: () => void },
  ): Heartbeat {
    const heartbeat = new Heartbeat(components, options);
    heartbeat.heard();
    return heartbeat;
  }

  /** Something came from the controller. */
  heard(): void {
    if (!this.#closed) {
      this.#stop();
      this.#stop = this.#clock.after(defaults.heartbeat_ms, () => this.#ask());
    }
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #ask(): void {
    // A page that was asleep asks when it wakes, and is not told of a silence that was its own.
    this.#stop = this.#clock.after(defaults.heartbeatAnswer_ms, () => {
      this.close();
      this.#onSilence();
    });
    this.#socket.emit('heartbeat', () => this.heard());
  }
}
