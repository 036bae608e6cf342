import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { RizomaError } from '../../../protocol/errors.ts';
import { loopback } from '../engine-plain.ts';
import { recordingDefaults } from './defaults.ts';

/** RTCP without a word: a receiver report of nothing (RFC 3550, section 6.4.2). */
const silence = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);
/** That the source has ended, in a compound packet as it has to be (RFC 3550, section 6.1). */
const goodbye = Buffer.concat([silence, Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 0])]);

/** The port at which a program on this host reads a track, and a way to say RTCP to it. */
export class ProgramPort {
  readonly port: number;
  readonly #socket: Socket;
  #refused = false;

  private constructor(port: number, socket: Socket) {
    this.port = port;
    this.#socket = socket;
    // What nobody listens for is refused by the host (RFC 1122, section 4.1.3.1).
    socket.on('error', () => {
      this.#refused = true;
    });
  }

  /** A port that is free with the next one, which ffmpeg takes as well. Throws `overloaded`. */
  static async create(
    components: { random: () => number },
    range: { min: number; max: number },
  ): Promise<ProgramPort> {
    const pairs = Math.max(1, Math.floor((range.max - range.min) / 2));
    for (let attempt = 0; attempt < recordingDefaults.portTries; attempt += 1) {
      const port = range.min + 2 * Math.floor(components.random() * pairs);
      if ((await isFree(port)) && (await isFree(port + 1))) {
        const socket = createSocket('udp4');
        await new Promise<void>((resolve) => socket.connect(port, loopback, resolve));
        return new ProgramPort(port, socket);
      }
    }
    throw new RizomaError('overloaded', 'no ports are free here for a program that records');
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

function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: loopback, exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
}
