import type { Entry } from '../../protocol/entry.ts';
import { proofOf, provenUnder } from '../../protocol/entry.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Config } from '../config.ts';
import { entryKeysOf } from '../config.ts';
import type { IsProven } from '../room/claims.ts';

const defaults = {
  /** Entries that are known to be proven, as facts are told many times: the streams of some full rooms, at 150 bytes each. */
  known: 4 * limits.streamsPerRoom,
} as const;

/** Checks that a node was sent the clients that it says it has. */
export class EntryChecks {
  readonly #config: Config;
  /** The eldest first. */
  readonly #known = new Set<string>();

  constructor(components: { config: Config }) {
    this.#config = components.config;
  }

  /** For claims of one room. */
  of(roomId: string): IsProven {
    return async (entry) => {
      const name = `${roomId} ${entry.clientId} ${entry.enteredAt_ms} ${entry.proof}`;
      if (this.#known.has(name)) {
        return true;
      }
      const { all } = await entryKeysOf(this.#config);
      const isProven = (await provenUnder(all, roomId, entry)) !== undefined;
      if (isProven) {
        this.#remember(name);
      }
      return isProven;
    };
  }

  /**
   * The entry under the current key, where it is proven under another one; undefined where nothing is to change.
   * Throws `forbidden` where it is not proven.
   */
  async renewed(roomId: string, entry: Entry): Promise<Entry | undefined> {
    const { all, current } = await entryKeysOf(this.#config);
    const index = await provenUnder(all, roomId, entry);
    if (index === undefined) {
      throw new RizomaError('forbidden', 'nobody was sent to this node in that room');
    }
    return index === 0 ? undefined : { ...entry, proof: await proofOf(current, roomId, entry) };
  }

  #remember(name: string): void {
    this.#known.add(name);
    const [eldest] = this.#known;
    if (this.#known.size > defaults.known && eldest !== undefined) {
      this.#known.delete(eldest);
    }
  }
}
