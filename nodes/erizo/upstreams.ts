import type { Hop } from '../../protocol/cascade-tree.ts';
import type { Pull } from './pull.ts';
import type { SourceEnd } from './source.ts';
import type { Self, UpstreamComponents } from './upstream.ts';
import { Upstream } from './upstream.ts';

/** A process that this one is linked with, and the streams that come from it. */
export interface Linked {
  readonly upstream: Upstream;
  readonly pulls: Map<string, Pull>;
}

/** The processes that this one pulls from or is about to: one link and one pipe to each. */
export class Upstreams {
  readonly #components: UpstreamComponents;
  readonly #self: Self;
  readonly #linked = new Map<string, Linked>();
  /** Who wishes which to be kept. */
  readonly #kept = new Map<string, ReadonlySet<string>>();

  constructor(components: UpstreamComponents, options: { self: Self }) {
    this.#components = components;
    this.#self = options.self;
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
      onStreamEnded: (streamId, why) => pulls.get(streamId)?.end(why),
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

  /** The stream does not come from there any more: the last one takes the link and the pipe with it. */
  ended(erizoId: string, linked: Linked, streamId: string): void {
    linked.pulls.delete(streamId);
    if (!this.#closeIfUnused(erizoId, linked)) {
      linked.upstream.release(streamId);
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
