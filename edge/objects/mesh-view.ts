import type { Clock } from '../../protocol/clock.ts';
import type { ExplainAnswer, PlacementPolicyName } from '../../protocol/contracts/placements.ts';
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
import type { MeshPicture } from '../placement/snapshot.ts';
import type { MeshApi } from './api.ts';
import { valueOf } from './outcome.ts';
import { Shared } from './shared.ts';

/** Places participants by a picture of the mesh that is kept for a while, so that joins do not queue at Mesh. */
export class MeshView {
  readonly #mesh: Pick<MeshApi, 'snapshot'>;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #looks: Shared<MeshPicture>;
  readonly #random: Random;
  readonly #policy: Policy;
  readonly #rampUp = new RampUp();
  #picture: { snapshot: MeshPicture; at_ms: number } | undefined;

  constructor(
    components: {
      mesh: Pick<MeshApi, 'snapshot'>;
      clock: Pick<Clock, 'now' | 'after'>;
      random: Random;
    },
    options: { policy: PlacementPolicyName },
  ) {
    this.#mesh = components.mesh;
    this.#clock = components.clock;
    this.#looks = new Shared(components);
    this.#random = components.random;
    this.#policy = policies[options.policy];
  }

  /** The picture that is kept, or a new one. */
  async snapshot(): Promise<MeshPicture> {
    return this.#kept() ?? (await this.#look());
  }

  /** The picture is known to be wrong. */
  forget(): void {
    this.#picture = undefined;
  }

  /** A picture that is older is not good enough. */
  forgetOlderThan(age_ms: number): void {
    if (this.#picture !== undefined && this.#clock.now() - this.#picture.at_ms > age_ms) {
      this.forget();
    }
  }

  /**
   * Throws as `choose`; never for a node that came since the picture was taken. A participant who
   * was sent somewhere before is not counted there any more, and so is not drawn after itself.
   */
  async place(wish: Wish, participant?: string): Promise<Placement> {
    if (participant !== undefined) {
      this.#rampUp.forget(participant);
    }
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

  /** A participant was told to go there: counted as load of the first node until that reports it, or for a while. */
  assign(participant: string, { entrances: [first] }: Placement): void {
    if (first !== undefined) {
      this.#rampUp.assign(participant, { nodeId: first.card.nodeId, at_ms: this.#clock.now() });
    }
  }

  /** What `place` would do now, and why; nothing follows from it. Throws `region_unknown`. */
  async explain(wish: Wish): Promise<ExplainAnswer> {
    const snapshot = await this.snapshot();
    return explain(this.#policy, wish, this.#circumstances(snapshot));
  }

  #kept(): MeshPicture | undefined {
    const fresh =
      this.#picture !== undefined && this.#clock.now() - this.#picture.at_ms < limits.snapshot_ms;
    return fresh ? this.#picture?.snapshot : undefined;
  }

  /** A crowd that comes at once looks once. */
  #look(): Promise<MeshPicture> {
    return this.#looks.ask('mesh', async () => {
      const snapshot = await valueOf(this.#mesh.snapshot());
      this.#picture = { snapshot, at_ms: this.#clock.now() };
      this.#rampUp.observe(snapshot.nodes);
      return snapshot;
    });
  }

  #circumstances(snapshot: MeshPicture): Circumstances {
    const onTheWay = this.#rampUp.onTheWay(this.#clock.now());
    return { snapshot, onTheWay, random: this.#random };
  }
}
