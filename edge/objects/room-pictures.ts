import type { Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { RoomApi, RoomPicture } from './api.ts';
import type { Settled } from './outcome.ts';
import { settledOf, valueIn } from './outcome.ts';
import { Shared } from './shared.ts';

const defaults = {
  /** Rooms that are kept at a time; an isolate serves few broadcasts at once, and each is some 10 KiB. */
  rooms: 256,
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
  /** The one that was asked for first is the first. */
  readonly #kept = new Map<string, Kept>();

  constructor(components: {
    room: (roomId: string) => Pick<RoomApi, 'picture'>;
    clock: Pick<Clock, 'now' | 'after'>;
  }) {
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
    const isFresh = this.#clock.now() - at_ms < limits.roomPicture_ms;
    return isFresh && (outcome.ok ? outcome.value.epoch >= epoch : outcome.code === 'not_found');
  }

  async #look(roomId: string): Promise<Settled<RoomPicture>> {
    const at_ms = this.#clock.now();
    const outcome = await settledOf(this.#room(roomId).picture());
    this.#kept.delete(roomId);
    this.#kept.set(roomId, { outcome, at_ms });
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > defaults.rooms && eldest !== undefined) {
      this.#kept.delete(eldest);
    }
    return outcome;
  }
}
