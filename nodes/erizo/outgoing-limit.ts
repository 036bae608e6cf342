import { erizoDefaults } from './config.ts';
import type { Connection } from './connection.ts';
import type { SectionOwner } from './slot.ts';

/** What a connection may take: its own target, and the sum of the streams that share it. */
export class OutgoingLimit {
  readonly #connection: Connection;
  readonly #owners: ReadonlySet<SectionOwner>;
  readonly #videos_kbps = new Map<SectionOwner, number>();
  #target_bps: number | undefined;

  constructor(components: { connection: Connection; owners: ReadonlySet<SectionOwner> }) {
    this.#connection = components.connection;
    this.#owners = components.owners;
  }

  /**
   * What the video of the owner may take. The connection keeps to the sum, where all that share it
   * have such a limit: its bandwidth is theirs together.
   */
  set(owner: SectionOwner, video_kbps: number | undefined): void {
    if (video_kbps !== undefined) {
      this.#videos_kbps.set(owner, video_kbps);
    } else if (!this.#videos_kbps.delete(owner)) {
      return;
    }
    this.#apply();
  }

  /** What all that it carries may take together, whatever the streams may. */
  setTarget(target_bps: number | undefined): void {
    if (this.#target_bps !== target_bps) {
      this.#target_bps = target_bps;
      this.#apply();
    }
  }

  #apply(): void {
    const limited = this.#owners.size > 0 && this.#videos_kbps.size === this.#owners.size;
    const each_kbps = [...this.#videos_kbps.values()].map((one) => one + erizoDefaults.audio_kbps);
    const sum_bps = limited ? each_kbps.reduce((sum, one) => sum + one, 0) * 1_000 : Infinity;
    const most_bps = Math.min(sum_bps, this.#target_bps ?? Infinity);
    this.#connection.transport
      .then((transport) => transport.limitOutgoing(most_bps < Infinity ? Math.round(most_bps) : 0))
      // A connection that has ended needs no limit.
      .catch(() => undefined);
  }
}
