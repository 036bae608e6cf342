import type { Hop, Route } from '../../protocol/cascade-tree.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { Pull } from './pull.ts';
import type { MoveOutcome } from './pull-move.ts';
import { PullMover } from './pull-mover.ts';
import type { SourceEnd } from './source.ts';
import type { Self, UpstreamComponents, Way } from './upstream.ts';
import type { Linked } from './upstreams.ts';
import { Upstreams } from './upstreams.ts';

/** A stream of a room, the way to it from here, and what lets it come. */
export interface WantedStream {
  streamId: string;
  roomId: string;
  route: Route;
  grant: string;
}

export interface PullsOptions {
  self: Self;
  onChange: () => void;
  onEnded: (streamId: string) => void;
  /** A stream comes another way, and its users go over. */
  onSwitched: (pull: Pull) => void;
  onMove: (outcome: MoveOutcome) => void;
}

const defaults = {
  /** Before a stream that could not follow its upstream tries again: what it met may be over by then. */
  again_ms: 10_000,
} as const;

/** The streams that this process pulls from others; whoever asks for one of them again joins it. */
export class Pulls {
  readonly #components: UpstreamComponents;
  readonly #self: Self;
  readonly #options: PullsOptions;
  /** By which each stream comes. */
  readonly #current = new Map<string, Pull>();
  /** Those to which a stream is about to move. */
  readonly #movers = new Map<string, PullMover>();
  /** By which a stream came before, with users that have not gone over; one a stream. */
  readonly #retired = new Map<string, Pull>();
  readonly #upstreams: Upstreams;
  #opens = 0;

  constructor(components: UpstreamComponents, options: PullsOptions) {
    this.#components = components;
    this.#self = options.self;
    this.#options = options;
    this.#upstreams = new Upstreams(components, {
      self: options.self,
      onMoved: (pull, way) => this.#onMoved(pull, way),
    });
  }

  get counts(): { pulls: number; wanPulls: number; cascadeOpens: number } {
    const moving = [...this.#movers.values()].map(({ to }) => to);
    const all = [...this.#current.values(), ...moving, ...this.#retired.values()];
    const wan = all.filter((pull) => pull.wan);
    return { pulls: all.length, wanPulls: wan.length, cascadeOpens: this.#opens };
  }

  /**
   * The stream by way of the next hop of the route, or by the way it comes already. Throws
   * `forbidden` for a route that comes back here, `not_found` for a stream of another room.
   */
  get(stream: WantedStream): Pull {
    return this.#known(stream) ?? this.#keep(this.#pull(stream));
  }

  /**
   * The same, for a process that pulls it from here. Throws `forbidden` where it comes by that process,
   * or is about to: two regions that go below each other at once would feed each other its last picture.
   */
  getFor(pullerId: string, stream: WantedStream): Pull {
    const { streamId } = stream;
    for (const pull of [this.#current.get(streamId), this.#movers.get(streamId)?.to]) {
      if (pull?.stream.route.some(({ erizoId }) => erizoId === pullerId)) {
        throw new RizomaError('forbidden', 'the stream comes here by way of the puller');
      }
    }
    return this.get(stream);
  }

  /**
   * Has the stream come along this route, where it is pulled by another one: resolves when it does. Where that
   * cannot be had it goes on as it is, and the answer is why: also `overloaded` while somebody still plays it by
   * the way before.
   */
  async reroute(stream: WantedStream): Promise<void> {
    const known = this.#known(stream);
    if (known?.canMove === true && known.upstreamId !== stream.route[0]?.erizoId) {
      await this.#move(known, stream);
    }
  }

  /** Links to processes from which streams will come, until `by` names others. */
  keep(by: string, hops: readonly Hop[]): void {
    this.#upstreams.keep(by, hops);
  }

  /** The stream where it is pulled by now. */
  known(streamId: string): Pull | undefined {
    return this.#current.get(streamId);
  }

  close(): void {
    this.#upstreams.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #known({ streamId, roomId }: WantedStream): Pull | undefined {
    const known = this.#current.get(streamId);
    if (known !== undefined && known.roomId !== roomId) {
      throw new RizomaError('not_found', `the room has no stream ${streamId}`);
    }
    return known;
  }

  #keep(pull: Pull): Pull {
    this.#current.set(pull.streamId, pull);
    return pull;
  }

  #pull(stream: WantedStream): Pull {
    const { streamId, roomId, route, grant } = stream;
    const [next, ...rest] = route;
    if (next === undefined) {
      throw new RizomaError('not_found', `stream ${streamId} is not published here`);
    }
    if (route.some(({ erizoId }) => erizoId === this.#self.erizoId)) {
      throw new RizomaError('forbidden', 'the route comes back to where it begins');
    }
    const linked = this.#upstreams.get(next);
    const { upstream, pulls } = linked;
    this.#opens += 1;
    const pull = Pull.create(
      { clock: this.#components.clock },
      {
        stream,
        wan: next.region !== this.#self.region,
        open: (id, opening) => upstream.open(id, { streamId, roomId, route: rest, grant }, opening),
        setPaused: (id, paused) => upstream.setPaused(id, paused),
        setNeed: (id, need) => upstream.setNeed(id, need),
        onEnding: (ending, why) => this.#onEnding(ending, why),
        onEnd: (ended) => this.#onEnd(ended, next, linked),
      },
    );
    pulls.set(pull.id, pull);
    this.#components.log.info({ streamId, upstream: next.erizoId }, 'pull begun');
    return pull;
  }

  /** It comes another way to its upstream: from there it is pulled anew, and plays on meanwhile. */
  #onMoved(pull: Pull, { route, grant }: Way): void {
    const { streamId, roomId } = pull;
    const [next] = pull.stream.route;
    if (this.#current.get(streamId) !== pull || next === undefined || !pull.canMove) {
      return;
    }
    const stream = { streamId, roomId, route: [next, ...route], grant };
    // The old way is as good as it was, but the upstream keeps it for this process alone.
    this.#move(pull, stream).catch(() => {
      this.#components.clock.after(defaults.again_ms, () => this.#onMoved(pull, { route, grant }));
    });
  }

  async #move(from: Pull, stream: WantedStream): Promise<void> {
    const { streamId } = from;
    if (this.#movers.has(streamId) || this.#retired.has(streamId)) {
      throw new RizomaError('overloaded', `stream ${streamId} is moving already`);
    }
    const to = this.#pull(stream);
    const mover = PullMover.create(this.#components, {
      from,
      to,
      onSwitch: () => {
        this.#keep(to);
        this.#retired.set(streamId, from);
        this.#options.onSwitched(to);
      },
      onOver: (outcome) => {
        this.#movers.delete(streamId);
        this.#options.onMove(outcome);
        this.#components.log.info({ streamId, outcome, upstream: to.upstreamId }, 'pull moved');
      },
    });
    this.#movers.set(streamId, mover);
    await mover.over;
  }

  #onEnding(pull: Pull, why: SourceEnd): void {
    if (this.#current.get(pull.streamId) === pull) {
      this.#movers.get(pull.streamId)?.oldEnding(why);
    }
  }

  #onEnd(pull: Pull, { erizoId }: Hop, linked: Linked): void {
    const { streamId } = pull;
    if (this.#retired.get(streamId) === pull) {
      this.#retired.delete(streamId);
    }
    if (this.#current.get(streamId) === pull) {
      this.#current.delete(streamId);
      this.#options.onEnded(streamId);
    }
    this.#components.log.info({ streamId, upstream: erizoId }, 'pull ended');
    this.#upstreams.ended(erizoId, linked, pull.id);
    this.#options.onChange();
  }
}
