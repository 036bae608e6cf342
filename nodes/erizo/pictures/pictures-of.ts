import type { Clock } from '../../../protocol/clock.ts';
import type { Producer } from '../media.ts';
import { Measured } from './measured.ts';
import type { Pictures } from './measured.ts';
import { newsOf } from './packet.ts';

/** For a key frame of each layer, and the frames after it: then what has come is what is known. */
const patience_ms = 3_000;

interface Known {
  layers: number;
  pictures: Promise<Pictures>;
}

/** How large the layers of videos are: looked up in their packets once, and again when more layers come. */
export class PicturesOf {
  readonly #clock: Clock;
  readonly #known = new WeakMap<Producer, Known>();

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** Of a video of which so many layers come. Nothing of one that has ended, or is of another codec. */
  of(producer: Producer, layers: number): Promise<Pictures> {
    const known = this.#known.get(producer);
    if (known !== undefined && known.layers >= layers) {
      return known.pictures;
    }
    const pictures = this.#measure(producer, layers);
    this.#known.set(producer, { layers, pictures });
    return pictures;
  }

  async #measure(producer: Producer, layers: number): Promise<Pictures> {
    const done = Promise.withResolvers<void>();
    const stop = this.#clock.after(patience_ms, () => done.resolve());
    try {
      const tap = await producer.tap();
      const measured = new Measured(tap.ssrcs);
      try {
        await tap.begin((packet) => {
          const news = newsOf(tap.mimeType, packet, tap.descriptorId);
          if (news !== undefined) {
            measured.add(news);
          }
          if (measured.knows(layers)) {
            done.resolve();
          }
        });
        await done.promise;
      } finally {
        tap.close();
      }
      return measured.pictures;
    } catch {
      return { sizes: [], rates: [] };
    } finally {
      stop();
    }
  }
}
