import type { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Placement } from '../placement/choose.ts';
import { choose } from '../placement/choose.ts';
import { explain } from '../placement/explain.ts';
import type { Random } from '../placement/load.ts';
import type { Policy } from '../placement/policies.ts';
import { policies } from '../placement/policies.ts';
import { RampUp } from '../placement/ramp-up.ts';
import type { Circumstances, Wish } from '../placement/scene.ts';
import type { MeshSnapshot } from '../placement/snapshot.ts';
import type { MeshApi } from './api.ts';
import { valueOf } from './outcome.ts';

/** Places participants by a picture of the mesh that is kept for a while, so that joins do not queue at Mesh. */
export class MeshView {
  readonly #mesh: MeshApi;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #policy: Policy;
  readonly #rampUp = new RampUp();
  #picture: { snapshot: MeshSnapshot; at_ms: number } | undefined;

  constructor(
    components: { mesh: MeshApi; now: () => number; random: Random },
    options: { policy?: Policy } = {},
  ) {
    this.#mesh = components.mesh;
    this.#now = components.now;
    this.#random = components.random;
    this.#policy = options.policy ?? policies.nearest;
  }

  /** The picture is known to be wrong. */
  forget(): void {
    this.#picture = undefined;
  }

  /** Throws as `choose`; never for a node that came since the picture was taken. */
  async place(wish: Wish): Promise<Placement> {
    const kept = this.#kept();
    if (kept !== undefined) {
      try {
        return choose(this.#policy, wish, this.#circumstances(kept));
      } catch (thrown) {
        if (!(thrown instanceof RizomaError)) {
          throw thrown;
        }
      }
    }
    return choose(this.#policy, wish, this.#circumstances(await this.#look()));
  }

  /** A participant was told to go to a node: counted as its load until the node reports it, or for a while. */
  assign(participant: string, nodeId: string): void {
    this.#rampUp.assign(participant, { nodeId, at_ms: this.#now() });
  }

  /** What `place` would do now, and why; nothing follows from it. Throws `region_unknown`. */
  async explain(wish: Wish): Promise<ExplainAnswer> {
    const snapshot = this.#kept() ?? (await this.#look());
    return explain(this.#policy, wish, this.#circumstances(snapshot));
  }

  #kept(): MeshSnapshot | undefined {
    const fresh =
      this.#picture !== undefined && this.#now() - this.#picture.at_ms < limits.snapshot_ms;
    return fresh ? this.#picture?.snapshot : undefined;
  }

  async #look(): Promise<MeshSnapshot> {
    const snapshot = await valueOf(this.#mesh.snapshot());
    this.#picture = { snapshot, at_ms: this.#now() };
    this.#rampUp.observe(snapshot.nodes);
    return snapshot;
  }

  #circumstances(snapshot: MeshSnapshot): Circumstances {
    const onTheWay = this.#rampUp.onTheWay(this.#now());
    return { snapshot, onTheWay, random: this.#random };
  }
}
