import { createSocket } from 'node:dgram';
import { RizomaError } from '../../../protocol/errors.ts';
import { loopback } from '../engine-plain.ts';
import { recordingDefaults } from './defaults.ts';
import { ProgramPort } from './program-port.ts';

/**
 * Draws the ports at which programs read tracks. What this process has drawn it does not draw again before it is
 * closed, though its program may not listen yet; another process may take it in that time, which the program says.
 */
export class ProgramPorts {
  readonly #random: () => number;
  readonly #range: { min: number; max: number };
  readonly #drawn = new Set<number>();

  constructor(
    components: { random: () => number },
    options: { range: { min: number; max: number } },
  ) {
    this.#random = components.random;
    this.#range = options.range;
  }

  /** A port that is free with the next one, which ffmpeg takes as well. Throws `overloaded`. */
  async draw(): Promise<ProgramPort> {
    const { min, max } = this.#range;
    const pairs = Math.max(1, Math.floor((max - min) / 2));
    for (let attempt = 0; attempt < recordingDefaults.portTries; attempt += 1) {
      const port = min + 2 * Math.floor(this.#random() * pairs);
      if (this.#drawn.has(port)) {
        continue;
      }
      this.#drawn.add(port);
      if ((await isFree(port)) && (await isFree(port + 1))) {
        return await ProgramPort.create(port, { onClose: () => this.#drawn.delete(port) });
      }
      this.#drawn.delete(port);
    }
    throw new RizomaError('overloaded', 'no ports are free here for a program that records');
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
