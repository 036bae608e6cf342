import type { Entry } from '../../protocol/entry.ts';
import { proofOf, provenUnder } from '../../protocol/entry.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newUuid } from '../../protocol/ids.ts';
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
   * What a node that enters a room with that entry is to show from now on; undefined where it is the same. A node that holds the
   * room keeps it when its entry is of a key that is no more, and is given another one: nobody's, as nothing that is
   * not proven is ever signed. Throws `forbidden` where it is not proven.
   */
  async next(
    roomId: string,
    entry: Entry,
    { isHeld }: { isHeld: boolean },
  ): Promise<Entry | undefined> {
    const { all, current } = await entryKeysOf(this.#config);
    const index = await provenUnder(all, roomId, entry);
    if (index === undefined && !isHeld) {
      throw new RizomaError('forbidden', 'nobody was sent to this node in that room');
    }
    if (index === 0) {
      return undefined;
    }
    const { clientId, enteredAt_ms } =
      index === undefined ? { clientId: newUuid(), enteredAt_ms: Date.now() } : entry;
    const claim = { clientId, enteredAt_ms };
    return { ...claim, proof: await proofOf(current, roomId, claim) };
  }

  #remember(name: string): void {
    this.#known.add(name);
    const [eldest] = this.#known;
    if (this.#known.size > defaults.known && eldest !== undefined) {
      this.#known.delete(eldest);
    }
  }
}
