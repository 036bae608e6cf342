import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Random } from '../placement/load.ts';
import type { Placement, Wish } from '../placement/rules.ts';
import { choose } from '../placement/rules.ts';
import type { MeshSnapshot } from '../placement/snapshot.ts';
import type { MeshApi } from './api.ts';
import { valueOf } from './outcome.ts';

/** Places participants by a picture of the mesh that is kept for a while, so that joins do not queue at Mesh. */
export class MeshView {
  readonly #mesh: MeshApi;
  readonly #now: () => number;
  readonly #random: Random;
  #picture: { snapshot: MeshSnapshot; at_ms: number } | undefined;

  constructor(components: { mesh: MeshApi; now: () => number; random: Random }) {
    this.#mesh = components.mesh;
    this.#now = components.now;
    this.#random = components.random;
  }

  /** The picture is known to be wrong. */
  forget(): void {
    this.#picture = undefined;
  }

  /** Throws as `choose`; never for a node that came since the picture was taken. */
  async place(wish: Wish): Promise<Placement> {
    const kept = this.#picture;
    if (kept !== undefined && this.#now() - kept.at_ms < limits.snapshot_ms) {
      try {
        return choose(wish, kept.snapshot, this.#random);
      } catch (thrown) {
        if (!(thrown instanceof RizomaError)) {
          throw thrown;
        }
      }
    }
    const snapshot = await valueOf(this.#mesh.snapshot());
    this.#picture = { snapshot, at_ms: this.#now() };
    return choose(wish, snapshot, this.#random);
  }
}
