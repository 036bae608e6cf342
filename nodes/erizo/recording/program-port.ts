import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { loopback } from '../engine-plain.ts';

/** RTCP without a word: a receiver report of nothing (RFC 3550, section 6.4.2). */
const silence = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);
/** That the source has ended, in a compound packet as it has to be (RFC 3550, section 6.1). */
const goodbye = Buffer.concat([silence, Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 0])]);

export interface ProgramPortOptions {
  /** Nothing more is sent to it. */
  onClose: () => void;
}

/** The port at which a program on this host reads a track, and a way to say RTCP to it. */
export class ProgramPort {
  readonly port: number;
  readonly #socket: Socket;
  readonly #onClose: () => void;
  #refused = false;

  private constructor(port: number, components: { socket: Socket }, options: ProgramPortOptions) {
    this.port = port;
    this.#socket = components.socket;
    this.#onClose = options.onClose;
    // What nobody listens for is refused by the host (RFC 1122, section 4.1.3.1).
    this.#socket.on('error', () => {
      this.#refused = true;
    });
  }

  static async create(port: number, options: ProgramPortOptions): Promise<ProgramPort> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(port, loopback, resolve));
    return new ProgramPort(port, { socket }, options);
  }

  /** Whether the program listens. The first of two packets that nobody takes is refused before the second. */
  async isTaken(): Promise<boolean> {
    this.#refused = false;
    await this.#send(silence);
    await this.#send(silence);
    await new Promise((resolve) => setImmediate(resolve));
    return !this.#refused;
  }

  /** That somebody is there, though nothing comes. */
  saySilence(): void {
    void this.#send(silence);
  }

  /** Nothing more comes: the program that has heard it of all tracks is at the end of its input. */
  sayBye(): void {
    void this.#send(goodbye);
  }

  close(): void {
    this.#socket.close();
    this.#onClose();
  }

  #send(packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(packet, (error) => {
        this.#refused ||= error !== null && error !== undefined;
        resolve();
      });
    });
  }
}
