import type { Hop } from '../../protocol/cascade-tree.ts';
import type { Pull } from './pull.ts';
import type { SourceEnd } from './source.ts';
import type { Self, UpstreamComponents, Way } from './upstream.ts';
import { Upstream } from './upstream.ts';

/** A process that this one is linked with, and what comes from it, by the ids of the pulls. */
export interface Linked {
  readonly upstream: Upstream;
  readonly pulls: Map<string, Pull>;
}

/** The processes that this one pulls from or is about to: one link and one pipe to each. */
export class Upstreams {
  readonly #components: UpstreamComponents;
  readonly #self: Self;
  readonly #onMoved: (pull: Pull, way: Way) => void;
  readonly #linked = new Map<string, Linked>();
  /** Who wishes which to be kept. */
  readonly #kept = new Map<string, ReadonlySet<string>>();

  constructor(
    components: UpstreamComponents,
    options: { self: Self; onMoved: (pull: Pull, way: Way) => void },
  ) {
    this.#components = components;
    this.#self = options.self;
    this.#onMoved = options.onMoved;
  }

  /** The process, dialled where it is not yet. */
  get(hop: Hop): Linked {
    const known = this.#linked.get(hop.erizoId);
    if (known !== undefined) {
      return known;
    }
    const pulls = new Map<string, Pull>();
    const upstream = Upstream.create(this.#components, {
      self: this.#self,
      hop,
      onPullEnded: (pullId, why) => pulls.get(pullId)?.end(why),
      onPullMoved: (pullId, way) => {
        const pull = pulls.get(pullId);
        if (pull !== undefined) {
          this.#onMoved(pull, way);
        }
      },
      onLost: () => {
        this.#linked.delete(hop.erizoId);
        endAll(pulls, 'upstream');
      },
    });
    const linked = { upstream, pulls };
    this.#linked.set(hop.erizoId, linked);
    return linked;
  }

  /** Dials these, and keeps them until `by` names others, whether streams come from them or not. */
  keep(by: string, hops: readonly Hop[]): void {
    const others = hops.filter(({ erizoId }) => erizoId !== this.#self.erizoId);
    if (others.length > 0) {
      this.#kept.set(by, new Set(others.map(({ erizoId }) => erizoId)));
    } else {
      this.#kept.delete(by);
    }
    for (const hop of others) {
      this.get(hop);
    }
    for (const [erizoId, linked] of [...this.#linked]) {
      this.#closeIfUnused(erizoId, linked);
    }
  }

  /** It does not come from there any more: the last one takes the link and the pipe with it. */
  ended(erizoId: string, linked: Linked, pullId: string): void {
    linked.pulls.delete(pullId);
    if (!this.#closeIfUnused(erizoId, linked)) {
      linked.upstream.release(pullId);
    }
  }

  close(): void {
    for (const { upstream, pulls } of [...this.#linked.values()]) {
      upstream.close();
      endAll(pulls, 'ended');
    }
    this.#linked.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #closeIfUnused(erizoId: string, linked: Linked): boolean {
    const isKept = [...this.#kept.values()].some((ids) => ids.has(erizoId));
    if (linked.pulls.size > 0 || isKept) {
      return false;
    }
    linked.upstream.close();
    if (this.#linked.get(erizoId) === linked) {
      this.#linked.delete(erizoId);
    }
    return true;
  }
}

function endAll(pulls: ReadonlyMap<string, Pull>, why: SourceEnd): void {
  for (const pull of [...pulls.values()]) {
    pull.end(why);
  }
}
