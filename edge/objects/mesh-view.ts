import type { Clock } from '../../protocol/clock.ts';
import type { ExplainAnswer, PlacementPolicyName } from '../../protocol/contracts/placements.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Placement } from '../placement/choose.ts';
import { choose } from '../placement/choose.ts';
import { explain } from '../placement/explain.ts';
import type { Random } from '../placement/load.ts';
import type { Policy } from '../placement/policies.ts';
import { policies } from '../placement/policies.ts';
import { RampUp } from '../placement/ramp-up.ts';
import type { Circumstances, Wish } from '../placement/scene.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import type { MeshPictures } from './mesh-pictures.ts';

/** Places participants by pictures of the mesh that are kept for a while, so that joins do not queue at Mesh. */
export class MeshView {
  readonly #pictures: MeshPictures;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #random: Random;
  readonly #policy: Policy;
  readonly #rampUp = new RampUp();
  /** The one of which the loads were taken in last. */
  #observed: MeshPicture | undefined;

  constructor(
    components: {
      pictures: MeshPictures;
      clock: Pick<Clock, 'now'>;
      random: Random;
    },
    options: { policy: PlacementPolicyName },
  ) {
    this.#pictures = components.pictures;
    this.#clock = components.clock;
    this.#random = components.random;
    this.#policy = policies[options.policy];
  }

  /** Participants who are on their way to a node. */
  get onTheWay(): number {
    return this.#rampUp.size;
  }

  /** A picture that is some seconds old at most. */
  async snapshot(): Promise<MeshPicture> {
    return this.#observe(await this.#pictures.recent());
  }

  /** One that knows what happened a moment ago. */
  async freshSnapshot(): Promise<MeshPicture> {
    return this.#observe(await this.#pictures.fresh());
  }

  /** The next picture is one in which that node is not, or is again. */
  nodeLost(nodeId: string): void {
    this.#pictures.nodeLost(nodeId);
  }

  /**
   * Throws as `choose`; never for a node that came a moment ago. A participant who
   * was sent somewhere before is not counted there any more, and so is not drawn after itself.
   */
  async place(wish: Wish, participant?: string): Promise<Placement> {
    if (participant !== undefined) {
      this.#rampUp.forget(participant);
    }
    try {
      return choose(this.#policy, wish, this.#circumstances(await this.snapshot()));
    } catch (thrown) {
      if (!(thrown instanceof RizomaError)) {
        throw thrown;
      }
    }
    return choose(this.#policy, wish, this.#circumstances(await this.freshSnapshot()));
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

  #observe(picture: MeshPicture): MeshPicture {
    if (picture !== this.#observed) {
      this.#observed = picture;
      this.#rampUp.observe(picture.nodes);
    }
    return picture;
  }

  #circumstances(snapshot: MeshPicture): Circumstances {
    const onTheWay = this.#rampUp.onTheWay(this.#clock.now());
    return { snapshot, onTheWay, random: this.#random };
  }
}
