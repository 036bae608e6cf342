import type { Hop, Route } from '../../protocol/cascade-tree.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { Pull } from './pull.ts';
import type { Self, UpstreamComponents } from './upstream.ts';
import type { Linked } from './upstreams.ts';
import { Upstreams } from './upstreams.ts';

/** A stream of a room, the way to it from here, and what lets it come. */
export interface WantedStream {
  streamId: string;
  roomId: string;
  route: Route;
  grant: string;
}

/** The streams that this process pulls from others; whoever asks for one of them again joins it. */
export class Pulls {
  readonly #components: UpstreamComponents;
  readonly #self: Self;
  readonly #onChange: () => void;
  readonly #onEnded: (streamId: string) => void;
  readonly #pulls = new Map<string, Pull>();
  readonly #upstreams: Upstreams;
  #opens = 0;

  constructor(
    components: UpstreamComponents,
    options: { self: Self; onChange: () => void; onEnded: (streamId: string) => void },
  ) {
    this.#components = components;
    this.#self = options.self;
    this.#onChange = options.onChange;
    this.#onEnded = options.onEnded;
    this.#upstreams = new Upstreams(components, options);
  }

  get counts(): { pulls: number; wanPulls: number; cascadeOpens: number } {
    const wan = [...this.#pulls.values()].filter((pull) => pull.wan);
    return { pulls: this.#pulls.size, wanPulls: wan.length, cascadeOpens: this.#opens };
  }

  /**
   * The stream by way of the next hop of the route, or by the way it comes already. Throws
   * `forbidden` for a route that comes back here, `not_found` for a stream of another room.
   */
  get(stream: WantedStream): Pull {
    const { streamId, roomId, route, grant } = stream;
    const known = this.#pulls.get(streamId);
    if (known !== undefined) {
      if (known.roomId !== roomId) {
        throw new RizomaError('not_found', `the room has no stream ${streamId}`);
      }
      return known;
    }
    const [next, ...rest] = route;
    if (next === undefined) {
      throw new RizomaError('not_found', `stream ${streamId} is not published here`);
    }
    if (route.some(({ erizoId }) => erizoId === this.#self.erizoId)) {
      throw new RizomaError('forbidden', 'the route comes back to where it begins');
    }
    return this.#pull(next, { streamId, roomId, route: rest, grant });
  }

  /** Links to processes from which streams will come, until `by` names others. */
  keep(by: string, hops: readonly Hop[]): void {
    this.#upstreams.keep(by, hops);
  }

  /** The stream where it is pulled by now. */
  known(streamId: string): Pull | undefined {
    return this.#pulls.get(streamId);
  }

  close(): void {
    this.#upstreams.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** `stream.route` is that of the next hop. */
  #pull(next: Hop, stream: WantedStream): Pull {
    const { streamId, roomId } = stream;
    const linked = this.#upstreams.get(next);
    const { upstream, pulls } = linked;
    this.#opens += 1;
    const pull = Pull.create(
      { clock: this.#components.clock },
      {
        streamId,
        roomId,
        wan: next.region !== this.#self.region,
        open: (opening) => upstream.open(stream, opening),
        setPaused: (paused) => upstream.setPaused(streamId, paused),
        setNeed: (need) => upstream.setNeed(streamId, need),
        onEnd: () => this.#onEnd(streamId, next, linked),
      },
    );
    pulls.set(streamId, pull);
    this.#pulls.set(streamId, pull);
    this.#components.log.info({ streamId, upstream: next.erizoId }, 'pull begun');
    return pull;
  }

  #onEnd(streamId: string, { erizoId }: Hop, linked: Linked): void {
    this.#pulls.delete(streamId);
    this.#onEnded(streamId);
    this.#components.log.info({ streamId, upstream: erizoId }, 'pull ended');
    this.#upstreams.ended(erizoId, linked, streamId);
    this.#onChange();
  }
}
