import type { Clock } from '../../protocol/clock.ts';
import { ageOf } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import type { MeshApi } from './api.ts';
import { valueOf } from './outcome.ts';
import { Shared } from './shared.ts';

/** Where a picture of the mesh is kept. */
export interface KeptMesh {
  latest: { readonly picture: MeshPicture; readonly at_ms: number } | undefined;
}

/** The one of this isolate: all its rooms and requests share it, as it is one mesh, and a large one is some MiB. */
export const keptMesh: KeptMesh = { latest: undefined };

/** Pictures of the mesh, asked for once in a while however many want one: Mesh is one object for all. */
export class MeshPictures {
  readonly #mesh: () => Pick<MeshApi, 'snapshot'>;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #kept: KeptMesh;
  readonly #looks: Shared<MeshPicture>;

  constructor(components: {
    /** Asked for a stub at each look: one serves the request that made it alone. */
    mesh: () => Pick<MeshApi, 'snapshot'>;
    clock: Pick<Clock, 'now' | 'after'>;
    kept: KeptMesh;
  }) {
    this.#mesh = components.mesh;
    this.#clock = components.clock;
    this.#kept = components.kept;
    this.#looks = new Shared(components);
  }

  /** One that is younger than `limits.snapshot_ms`. */
  async recent(): Promise<MeshPicture> {
    return await this.#youngerThan(limits.snapshot_ms);
  }

  /**
   * One that is younger than `limits.freshSnapshot_ms`: for who is to be refused by what the picture says, or knows that
   * something has just changed. Nobody gets more than that, since anybody can ask for what is refused.
   */
  async fresh(): Promise<MeshPicture> {
    return await this.#youngerThan(limits.freshSnapshot_ms);
  }

  /** The picture that is kept is forgotten where it has that node still. */
  nodeLost(nodeId: string): void {
    if (this.#kept.latest?.picture.nodes.some(({ card }) => card.nodeId === nodeId) === true) {
      this.#kept.latest = undefined;
    }
  }

  async #youngerThan(age_ms: number): Promise<MeshPicture> {
    const { latest } = this.#kept;
    return latest !== undefined && ageOf(latest.at_ms, this.#clock.now()) < age_ms
      ? latest.picture
      : await this.#looks.ask('mesh', () => this.#look());
  }

  async #look(): Promise<MeshPicture> {
    const at_ms = this.#clock.now();
    const picture = await valueOf(this.#mesh().snapshot());
    const { latest } = this.#kept;
    // A look that began later may have ended before.
    if (latest === undefined || latest.at_ms <= at_ms) {
      this.#kept.latest = { picture, at_ms };
    }
    return picture;
  }
}
