import type { MaxVideo } from '../../../protocol/contracts/bandwidth.ts';
import type { VideoWish } from '../layer-wish.ts';
import type { PacketNews } from './packet.ts';
import type { PictureSize } from './told.ts';

/** The pictures of a video, by its layers, the lowest first; what is not known is absent. */
export interface Pictures {
  sizes: readonly (PictureSize | undefined)[];
  /** Frames a second of each temporal layer with those below it. */
  rates: readonly number[];
}

/** Frames whose times tell the rate. */
const enoughFrames = 16;
const clock_Hz = 90_000;

/** Gathers what packets tell of the layers of one video, whose SSRCs are given, the lowest layer first. */
export class Measured {
  readonly #ssrcs: readonly number[];
  readonly #sizes: (PictureSize | undefined)[] = [];
  /** Of the lowest stream: when its frames are shown, and of which temporal layers they are. */
  readonly #frames = new Map<number, number>();

  constructor(ssrcs: readonly number[]) {
    this.#ssrcs = ssrcs;
  }

  add({ ssrc, timestamp, temporal, sizes }: PacketNews): void {
    const layer = this.#ssrcs.indexOf(ssrc);
    sizes.forEach((size, index) => {
      this.#sizes[Math.max(0, layer) + index] = size;
    });
    const isLowest = layer <= 0;
    if (isLowest && this.#frames.size < enoughFrames) {
      this.#frames.set(timestamp, temporal);
    }
  }

  /** Whether all of so many layers are known, and how many frames a second come. */
  knows(layers: number): boolean {
    const known = this.#sizes.filter((size) => size !== undefined).length;
    return known >= layers && this.#frames.size >= enoughFrames;
  }

  get pictures(): Pictures {
    return { sizes: [...this.#sizes], rates: this.#rates() };
  }

  /** Each temporal layer doubles the rate of those below it, as encoders have it. */
  #rates(): number[] {
    const times = [...this.#frames.keys()].toSorted((one, other) => one - other);
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined || last === first) {
      return [];
    }
    const whole = ((times.length - 1) * clock_Hz) / (last - first);
    const layers = Math.max(...this.#frames.values()) + 1;
    return Array.from({ length: layers }, (_, layer) => whole / 2 ** (layers - 1 - layer));
  }
}

/**
 * The layers that a subscriber has a use for: those that are no wider or no higher than it says, as
 * Licode has it, and no faster; the lowest always, and those of which nothing is known.
 */
export function wishOfSize({ sizes, rates }: Pictures, max: MaxVideo): VideoWish {
  const { width = Infinity, height = Infinity, frameRate = Infinity } = max;
  const limitsSize = width < Infinity || height < Infinity;
  const tooLarge = sizes.findIndex(
    (size, layer) =>
      layer > 0 &&
      limitsSize &&
      size !== undefined &&
      !(width < Infinity && size.width <= width) &&
      !(height < Infinity && size.height <= height),
  );
  // Times of frames are measured over half a second: a hundredth is noise.
  const tooFast = rates.findIndex((rate, layer) => layer > 0 && rate > frameRate * 1.01);
  return {
    maxSpatial: tooLarge === -1 ? undefined : tooLarge - 1,
    maxTemporal: tooFast === -1 ? undefined : tooFast - 1,
  };
}
