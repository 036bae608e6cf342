/** Reads bits, the highest of each byte first. Past the end it reads zeros, and says so. */
export class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether more was read than is there: then nothing of it counts. */
  get isPast(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  /** An unsigned number of up to 32 bits. */
  read(bits: number): number {
    let value = 0;
    for (let left = bits; left > 0; left -= 1) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  flag(): boolean {
    return this.read(1) === 1;
  }

  skip(bits: number): void {
    this.#at += bits;
  }

  /** As many zeros as a number has bits after its first, a one and those bits: `ue(v)` of H.264, `uvlc` of AV1. */
  golomb(): number {
    let zeros = 0;
    while (!this.isPast && !this.flag()) {
      zeros += 1;
    }
    return zeros < 32 ? 2 ** zeros - 1 + this.read(zeros) : 2 ** 32 - 1;
  }

  /** A number below a limit that need not be a power of two: `ns(n)` of AV1. */
  below(limit: number): number {
    const bits = Math.floor(Math.log2(limit)) + 1;
    const short = 2 ** bits - limit;
    const value = this.read(bits - 1);
    return value < short ? value : value * 2 - short + this.read(1);
  }
}
