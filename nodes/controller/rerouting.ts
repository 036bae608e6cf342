import type { Route } from '../../protocol/cascade-tree.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import type { RoomParts } from './room-parts.ts';

/** What it needs of its room. */
export type ReroutingParts = Pick<RoomParts, 'roomId' | 'clock' | 'log' | 'streams' | 'grant'> & {
  readonly erizos: Pick<RoomParts['erizos'], 'live' | 'facts'>;
};

/** The streams of a process that come from other regions. */
interface Ways {
  /** By which process each comes, and from which. */
  readonly firsts: Map<string, Way>;
  /** Those that are to come another way, and how often that may be tried. */
  readonly waiting: Map<string, number>;
  readonly moving: Set<string>;
}

interface Way {
  origin: string | undefined;
  first: string;
}

/** Has streams come by the ways that are the best ones now, in the processes that pull them another way. */
export class Rerouting {
  readonly #parts: ReroutingParts;
  readonly #ways = new Map<Erizo, Ways>();
  #followFrom = '';

  constructor(components: { parts: ReroutingParts }) {
    this.#parts = components.parts;
  }

  /**
   * The way by which a process is asked for a stream next. It is remembered, as the room may have other routes
   * by the time in which all know of the process. Throws `not_found`.
   */
  routeFor(erizo: Erizo, stream: RoomStream): Route {
    const { erizos, streams } = this.#parts;
    const route = streams.route(stream, erizo.erizoId, erizos.facts);
    const [first] = route;
    if (first !== undefined) {
      const ways = this.#waysOf(erizo);
      note(ways, stream, first.erizoId);
      this.#next(erizo, ways);
    }
    return route;
  }

  /** The room has other streams, processes or routes than before. */
  changed(): void {
    const { erizos, streams } = this.#parts;
    const { live } = erizos;
    for (const erizo of [...this.#ways.keys()].filter((one) => !live.includes(one))) {
      this.#ways.delete(erizo);
    }
    const { waysFollowFrom } = streams;
    const areOthers = waysFollowFrom !== this.#followFrom;
    this.#followFrom = waysFollowFrom;
    const far = streams.fromElsewhere();
    // Until all know of a process they would not agree on the ways by it.
    for (const erizo of live.filter(({ erizoId }) => streams.isKnown(erizoId))) {
      const ways = this.#waysOf(erizo);
      for (const streamId of ways.firsts.keys()) {
        if (streams.get(streamId) === undefined) {
          ways.firsts.delete(streamId);
        }
      }
      for (const stream of far.filter(({ streamId }) => areOthers || !ways.firsts.has(streamId))) {
        this.#look(erizo, ways, stream);
      }
      this.#next(erizo, ways);
    }
  }

  #waysOf(erizo: Erizo): Ways {
    const known = this.#ways.get(erizo) ?? {
      firsts: new Map(),
      waiting: new Map(),
      moving: new Set(),
    };
    this.#ways.set(erizo, known);
    return known;
  }

  #look(erizo: Erizo, ways: Ways, stream: RoomStream): void {
    const first = this.#firstOf(erizo, stream.streamId);
    if (first !== undefined) {
      note(ways, stream, first);
    }
  }

  /** Undefined while no way is known. */
  #firstOf({ erizoId }: Erizo, streamId: string): string | undefined {
    const { erizos, streams } = this.#parts;
    const stream = streams.get(streamId);
    try {
      return stream && streams.route(stream, erizoId, erizos.facts)[0]?.erizoId;
    } catch {
      return undefined;
    }
  }

  #next(erizo: Erizo, ways: Ways): void {
    for (const [streamId, attempts] of [...ways.waiting]) {
      if (ways.moving.size < defaults.reroutes && !ways.moving.has(streamId)) {
        ways.waiting.delete(streamId);
        ways.moving.add(streamId);
        void this.#reroute(erizo, ways, { streamId, attempts });
      }
    }
  }

  /** Never rejects. */
  async #reroute(
    erizo: Erizo,
    ways: Ways,
    { streamId, attempts }: { streamId: string; attempts: number },
  ): Promise<void> {
    const { roomId, clock, erizos, streams, log } = this.#parts;
    try {
      const stream = streams.get(streamId);
      if (stream !== undefined) {
        const route = streams.route(stream, erizo.erizoId, erizos.facts);
        const grant = this.#parts.grant();
        await erizo.rpc.call('reroute', { roomId, streamId, route, grant });
      }
    } catch (thrown) {
      const { code } = toRizomaError(thrown);
      log.info({ streamId, erizoId: erizo.erizoId, code }, 'stream stays on its way');
      if (attempts > 1) {
        clock.after(defaults.rerouteAgain_ms, () =>
          this.#again(erizo, ways, streamId, attempts - 1),
        );
      }
    } finally {
      ways.moving.delete(streamId);
      this.#next(erizo, ways);
    }
  }

  #again(erizo: Erizo, ways: Ways, streamId: string, attempts: number): void {
    if (this.#ways.get(erizo) === ways && ways.firsts.has(streamId)) {
      ways.waiting.set(streamId, attempts);
      this.#next(erizo, ways);
    }
  }
}

/** A stream that is published elsewhere now is another one to those who pull it. */
function note(
  { firsts, waiting }: Ways,
  { streamId, erizoId: origin }: RoomStream,
  first: string,
): void {
  const before = firsts.get(streamId);
  firsts.set(streamId, { origin, first });
  if (before !== undefined && before.origin === origin && before.first !== first) {
    waiting.set(streamId, defaults.attempts);
  }
}
