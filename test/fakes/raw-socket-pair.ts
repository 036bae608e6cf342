import type { RawSocket } from '../../client/sdk/reliable-socket.ts';

interface Packet {
  readonly event: string;
  readonly args: readonly unknown[];
}

/** One end of a socket that can be cut: what is on its way then is lost. */
export class FakeRawSocket implements RawSocket {
  connected = true;
  readonly inFlight: Packet[] = [];
  readonly #listeners: ((event: string, ...args: unknown[]) => void)[] = [];

  emit(event: string, ...args: unknown[]): void {
    this.inFlight.push({ event, args });
  }

  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#listeners.push(listener);
  }

  receive({ event, args }: Packet): void {
    for (const listener of this.#listeners) {
      listener(event, ...args);
    }
  }
}

/** Two ends whose packets move when they are told to. */
export class RawSocketPair {
  readonly left = new FakeRawSocket();
  readonly right = new FakeRawSocket();

  /** Lets up to so many packets of one end arrive at the other. */
  deliver(from: 'left' | 'right', packets = Number.POSITIVE_INFINITY): void {
    const target = from === 'left' ? this.right : this.left;
    for (let left = packets; left > 0; left -= 1) {
      const packet = this[from].inFlight.shift();
      if (packet === undefined) {
        return;
      }
      target.receive(packet);
    }
  }

  /** Until nothing is on its way. */
  deliverAll(): void {
    while (this.left.inFlight.length > 0 || this.right.inFlight.length > 0) {
      this.deliver('left');
      this.deliver('right');
    }
  }

  cut(): void {
    for (const end of [this.left, this.right]) {
      end.connected = false;
      end.inFlight.length = 0;
    }
  }

  mend(): void {
    this.left.connected = true;
    this.right.connected = true;
  }
}
