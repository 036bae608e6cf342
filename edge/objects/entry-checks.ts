import type { Entry, EntryPlace } from '../../protocol/entry.ts';
import { proofOf, provenUnder } from '../../protocol/entry.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Config } from '../config.ts';
import { entryKeysOf } from '../config.ts';
import type { IsProven } from '../room/claims.ts';

const defaults = {
  /** Entries that are known to be proven, as facts are told many times: the streams of some full rooms, at 150 bytes each. */
  known: 4 * limits.streamsPerRoom,
  /** Claims of one message that may turn out unproven: the rest is not looked at, as each costs a signature under each key. */
  unproven: 16,
} as const;

/** The client ID of an entry from before a change of the key: such an entry proves nothing about any client. */
const nobody = '00000000-0000-4000-8000-000000000000';

/** Checks that a node was sent the clients that it says it has. */
export class EntryChecks {
  readonly #config: Config;
  /** The one that was asked for longest ago first. */
  readonly #known = new Set<string>();

  constructor(components: { config: Config }) {
    this.#config = components.config;
  }

  /** For the claims of one message. */
  of(place: EntryPlace): IsProven {
    let left: number = defaults.unproven;
    return async (entry) => {
      const { clientId, enteredAt_ms, proof } = entry;
      const name = `${place.roomId} ${place.peerId} ${clientId} ${enteredAt_ms} ${proof}`;
      const isProven =
        this.#known.has(name) || (left > 0 && (await this.#under(place, entry)) !== undefined);
      if (isProven) {
        this.#remember(name);
      } else {
        left -= 1;
      }
      return isProven;
    };
  }

  /**
   * What a node that enters a room with that entry is to show from now on; undefined where it is the same. A node that holds the
   * room keeps it when its entry is of a key that is no more, and is given one of nobody: what is not proven is not
   * signed. Throws `forbidden` where it is not proven.
   */
  async next(
    place: EntryPlace,
    entry: Entry,
    { isHeld }: { isHeld: boolean },
  ): Promise<Entry | undefined> {
    const index = await this.#under(place, entry);
    if (index === undefined && !isHeld) {
      throw new RizomaError('forbidden', 'nobody was sent to this node in that room');
    }
    if (index === 0) {
      return undefined;
    }
    const { clientId, enteredAt_ms } =
      index === undefined ? { clientId: nobody, enteredAt_ms: 0 } : entry;
    const claim = { clientId, enteredAt_ms };
    const { current } = await entryKeysOf(this.#config);
    return { ...claim, proof: await proofOf(current, place, claim) };
  }

  async #under(place: EntryPlace, entry: Entry): Promise<number | undefined> {
    const { all } = await entryKeysOf(this.#config);
    return await provenUnder(all, place, entry);
  }

  #remember(name: string): void {
    this.#known.delete(name);
    this.#known.add(name);
    const [eldest] = this.#known;
    if (this.#known.size > defaults.known && eldest !== undefined) {
      this.#known.delete(eldest);
    }
  }
}
