import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';

/** Of the number of bytes that stands before each frame. */
export const header_bytes = 4;

const defaults = {
  /** Room for what is not whole yet: most frames fit. It doubles for those that do not, and is given back. */
  room_bytes: 64 * 1024,
} as const;

/**
 * Takes frames of UTF-8 out of a stream of bytes, each after its length. However small the pieces are in which it comes,
 * a byte is copied a few times at the most.
 */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Bytes of it that came and are in no whole frame. */
  #used = 0;

  /** The frames that are whole with this piece. Throws `too_large` where one is over `limits.frameSize_bytes`, and is of no use then. */
  read(piece: Uint8Array): string[] {
    this.#append(piece);
    const frames: string[] = [];
    let at = 0;
    for (let end = this.#endOf(at); end <= this.#used; end = this.#endOf(at)) {
      frames.push(this.#bytes.toString('utf8', at + header_bytes, end));
      at = end;
    }
    this.#drop(at);
    return frames;
  }

  /** Where the frame ends that begins there; beyond what is there where its length is not. */
  #endOf(at: number): number {
    if (this.#used - at < header_bytes) {
      return Infinity;
    }
    const length = this.#bytes.readUInt32BE(at);
    if (length > limits.frameSize_bytes) {
      throw new RizomaError('too_large', `a frame over ${limits.frameSize_bytes} bytes`);
    }
    return at + header_bytes + length;
  }

  #append(piece: Uint8Array): void {
    const needed = this.#used + piece.length;
    if (needed > this.#bytes.length) {
      const room = Math.max(defaults.room_bytes, 2 * this.#bytes.length, needed);
      const bytes = Buffer.allocUnsafe(room);
      bytes.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = bytes;
    }
    this.#bytes.set(piece, this.#used);
    this.#used = needed;
  }

  /** What is left is a part of the last piece. */
  #drop(count: number): void {
    if (count === 0) {
      return;
    }
    this.#used -= count;
    const rest = this.#bytes.subarray(count, count + this.#used);
    if (this.#bytes.length > defaults.room_bytes && this.#used <= defaults.room_bytes) {
      this.#bytes = Buffer.allocUnsafe(defaults.room_bytes);
    }
    this.#bytes.set(rest);
  }
}
