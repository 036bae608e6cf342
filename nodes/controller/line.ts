import type { Cancel, Clock } from '../../protocol/clock.ts';
import { TokenBucket } from '../token-bucket.ts';
import { defaults } from './defaults.ts';

/** A packet of engine.io. */
interface Packet {
  readonly data?: unknown;
}

/** The WebSocket below a connection, as `ws` has it. */
interface RawSocket {
  /** It is not read: the kernel's buffers fill, and the sender waits. */
  pause(): void;
  resume(): void;
  /** Ends it at once, with all that it was still to send. */
  terminate(): void;
}

/** As much of a connection of engine.io as a line needs; its transport stays, as there are WebSockets alone. */
export interface LineConnection {
  on(event: 'packet' | 'packetCreate', listener: (packet: Packet) => void): unknown;
  on(event: 'flush' | 'close', listener: () => void): unknown;
  readonly transport: { on(event: 'drain', listener: () => void): unknown };
}

/**
 * The bytes that go over one connection. What comes in faster than it may is not refused but read later: so a client that
 * sends much waits, and costs others nothing. What goes out and is not taken is counted.
 */
export class Line {
  readonly #clock: Clock;
  readonly #raw: RawSocket;
  #payer: TokenBucket;
  #stopPause: Cancel | undefined;
  #isClosed = false;
  /** What engine.io keeps until the last batch has gone, and that batch. */
  #waiting_bytes = 0;
  #batch_bytes = 0;

  private constructor(components: { clock: Clock; raw: RawSocket }) {
    this.#clock = components.clock;
    this.#raw = components.raw;
    this.#payer = new TokenBucket(components, defaults.strangerTalk_bytes);
  }

  static create(components: { clock: Clock; connection: LineConnection }): Line {
    const { clock, connection } = components;
    const line = new Line({ clock, raw: rawOf(connection) });
    connection.on('packet', (packet) => line.#heard(sizeOf(packet)));
    connection.on('packetCreate', (packet) => {
      line.#waiting_bytes += sizeOf(packet) + defaults.message_bytes;
    });
    connection.on('flush', () => {
      line.#batch_bytes += line.#waiting_bytes;
      line.#waiting_bytes = 0;
    });
    connection.transport.on('drain', () => {
      line.#batch_bytes = 0;
    });
    connection.on('close', () => line.#close());
    return line;
  }

  /** What was given to be sent and has not left this process. */
  get unsent_bytes(): number {
    return this.#waiting_bytes + this.#batch_bytes;
  }

  /** From now on this bucket pays for what comes in: that of the client, over all its connections. */
  paidBy(payer: TokenBucket): void {
    this.#payer = payer;
  }

  /** Ends it at once: what was not taken by now nobody waits for. */
  cut(): void {
    this.#raw.terminate();
  }

  #heard(bytes: number): void {
    this.#rest(this.#payer.owe(bytes));
  }

  #rest(wait_ms: number): void {
    if (wait_ms <= 0 || this.#stopPause !== undefined || this.#isClosed) {
      return;
    }
    this.#raw.pause();
    this.#stopPause = this.#clock.after(Math.ceil(wait_ms), () => {
      this.#stopPause = undefined;
      // What had arrived before the pause was heard meanwhile.
      const more_ms = this.#payer.owe(0);
      if (more_ms > 0) {
        this.#rest(more_ms);
      } else {
        this.#raw.resume();
      }
    });
  }

  #close(): void {
    this.#isClosed = true;
    this.#stopPause?.();
    this.#stopPause = undefined;
    if (this.unsent_bytes > defaults.farewell_bytes) {
      this.#raw.terminate();
    } else {
      // Else a socket that is not read would not see its end.
      this.#raw.resume();
    }
  }
}

/** engine.io does not name it in its types. */
function rawOf(connection: LineConnection): RawSocket {
  return (connection.transport as unknown as { socket: RawSocket }).socket;
}

function sizeOf({ data }: Packet): number {
  return typeof data === 'string' ? data.length : data instanceof Uint8Array ? data.byteLength : 0;
}
