import type { Clock } from '../../protocol/clock.ts';
import { ageOf } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { RoomApi, RoomPicture } from './api.ts';
import { KeptByBytes } from './kept-by-bytes.ts';
import type { Settled } from './outcome.ts';
import { settledOf, valueIn } from './outcome.ts';
import { Shared } from './shared.ts';

const defaults = {
  /** What the text of a picture takes at the least, beside what it says: its objects. */
  picture_bytes: 1024,
} as const;

interface Kept {
  readonly outcome: Settled<RoomPicture>;
  readonly at_ms: number;
}

/** What rooms say of themselves, asked for once in a while however many want to know. */
export class RoomPictures {
  readonly #room: (roomId: string) => Pick<RoomApi, 'picture'>;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #shared: Shared<Settled<RoomPicture>>;
  readonly #kept: KeptByBytes<Kept>;

  /** `most_bytes`: of all pictures that are kept, as JSON; one says up to 700 KiB, of who left and who was removed. */
  constructor(
    components: {
      room: (roomId: string) => Pick<RoomApi, 'picture'>;
      clock: Pick<Clock, 'now' | 'after'>;
    },
    options: { most_bytes: number },
  ) {
    this.#kept = new KeptByBytes(options);
    this.#room = components.room;
    this.#clock = components.clock;
    this.#shared = new Shared(components);
  }

  /**
   * At most `limits.roomPicture_ms` old, and never older than an epoch that is known to have begun.
   * Throws `not_found` where the room was deleted.
   */
  async of(roomId: string, known: { epoch: number }): Promise<RoomPicture> {
    const kept = this.#kept.get(roomId);
    if (kept !== undefined && this.#isGood(kept, known.epoch)) {
      return valueIn(kept.outcome);
    }
    return valueIn(await this.#shared.ask(roomId, () => this.#look(roomId)));
  }

  /** That a room is gone is true for ever; other failures are none of its doing, and are not kept. */
  #isGood({ outcome, at_ms }: Kept, epoch: number): boolean {
    const isFresh = ageOf(at_ms, this.#clock.now()) < limits.roomPicture_ms;
    return isFresh && (outcome.ok ? outcome.value.epoch >= epoch : outcome.code === 'not_found');
  }

  async #look(roomId: string): Promise<Settled<RoomPicture>> {
    const at_ms = this.#clock.now();
    const text = await this.#room(roomId).picture();
    const outcome = await settledOf(Promise.resolve(text));
    this.#kept.put(roomId, { outcome, at_ms }, defaults.picture_bytes + text.length);
    return outcome;
  }
}
