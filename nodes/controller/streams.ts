import type { Adaptation } from '../../protocol/adaptation.ts';
import type { Hop, Route } from '../../protocol/cascade-tree.ts';
import { routeTo } from '../../protocol/cascade-tree.ts';
import type { RegionTrees } from './region-trees.ts';
import type { PublicStream } from '../../protocol/contracts/client.ts';
import type {
  Directory,
  ErizoFact,
  RoomErizo,
  RoomFacts,
  RoomStream,
  StreamFact,
  StreamMedia,
} from '../../protocol/directory.ts';
import { bytesOfStream, emptyDirectory } from '../../protocol/directory.ts';

/** What a new directory means for clients that hold the room. */
export interface StreamNews {
  added: RoomStream[];
  /** What is said of them, or who holds them, is another than before. */
  changed: RoomStream[];
  /** Their publishers want their subscribers to get something else. */
  adapted: RoomStream[];
  removed: string[];
  /** Those that come from another process than before. */
  moved: string[];
  /** Those of this node that are another's now. */
  taken: string[];
}

export function hasMedia(media: StreamMedia): boolean {
  return media.audio || media.video || media.screen;
}

/** A stream as clients see it (Licode: `getPublicStream`). */
export function publicStream(stream: RoomStream): PublicStream {
  const { streamId: id, region, media, erizoId } = stream;
  // Without an ErizoJS the MediaStream comes from the publisher itself, under the id that it has there.
  return { id, region, ...media, label: erizoId === undefined ? media.label : id };
}

/**
 * The streams of a room as this controller knows them: its own, which it knows first, and those of
 * others, which it knows from the Room object's directory. What the directory says of this node is
 * what it was told, maybe by an earlier run: it counts for the numbers (`since`) alone.
 */
export class Streams {
  readonly #trees: Pick<RegionTrees, 'treeOf'>;
  readonly #nodeId: string;
  readonly region: string;
  #directory: Directory = emptyDirectory;
  /** Ids of its processes. */
  #listed: ReadonlySet<string> = new Set();
  readonly #own = new Map<string, StreamFact>();
  #others = new Map<string, RoomStream>();
  #othersBytes = 0;
  /** The processes that routes go by, and what they were made from. */
  #used:
    | {
        readonly listed: readonly RoomErizo[];
        /** Undefined where all have their numbers. */
        readonly version: number | undefined;
        readonly own: readonly ErizoFact[];
        readonly all: readonly RoomErizo[];
      }
    | undefined;
  /** The numbers that the Room object gave to streams of this node. */
  #numbers = new Map<string, number>();

  constructor(
    components: { trees: Pick<RegionTrees, 'treeOf'> },
    options: { nodeId: string; region: string },
  ) {
    this.#trees = components.trees;
    this.#nodeId = options.nodeId;
    this.region = options.region;
  }

  get size(): number {
    return this.#own.size + this.#others.size;
  }

  /** Those of other controllers beside that one: how many, and the bytes of what is said of them. */
  othersBut(streamId: string): { count: number; bytes: number } {
    const one = this.#others.get(streamId);
    return one === undefined
      ? { count: this.#others.size, bytes: this.#othersBytes }
      : { count: this.#others.size - 1, bytes: this.#othersBytes - bytesOfStream(one) };
  }

  get ownSize(): number {
    return this.#own.size;
  }

  get(streamId: string): RoomStream | undefined {
    const own = this.#own.get(streamId);
    return own === undefined ? this.#others.get(streamId) : this.#numbered(own);
  }

  all(): RoomStream[] {
    const own = [...this.#own.values()].map((fact) => this.#numbered(fact));
    return [...this.#others.values(), ...own];
  }

  /** A client here publishes it from now on. */
  add(fact: StreamFact): RoomStream {
    this.#own.set(fact.streamId, fact);
    this.#othersBytes = this.othersBut(fact.streamId).bytes;
    this.#others.delete(fact.streamId);
    return this.#numbered(fact);
  }

  /** Whether a client here publishes it. */
  isOwn(streamId: string): boolean {
    return this.#own.has(streamId);
  }

  /** A stream of this controller has other attributes. */
  update(streamId: string, attributes: StreamMedia['attributes']): void {
    const fact = this.#own.get(streamId);
    if (fact !== undefined) {
      this.#own.set(streamId, { ...fact, media: { ...fact.media, attributes } });
    }
  }

  /** Its subscribers are to get that from now on. */
  adapt(streamId: string, adaptation: Adaptation | undefined): void {
    const fact = this.#own.get(streamId);
    if (fact !== undefined) {
      const { adaptation: _, ...rest } = fact;
      this.#own.set(streamId, adaptation === undefined ? rest : { ...rest, adaptation });
    }
  }

  /** False where it was not published here. */
  remove(streamId: string): boolean {
    return this.#own.delete(streamId);
  }

  /** Takes a directory; `said` is what of it the Room object says, where others told something besides. Says what is new of other nodes. */
  learn(directory: Directory, said: Directory = directory): StreamNews {
    const before = this.#others;
    const taken = this.#giveUp(said);
    const others = directory.streams.filter(
      (stream) => stream.nodeId !== this.#nodeId && !this.#own.has(stream.streamId),
    );
    if (directory.erizos !== this.#directory.erizos) {
      this.#listed = new Set(directory.erizos.map(({ erizoId }) => erizoId));
    }
    this.#directory = directory;
    this.#others = new Map(others.map((stream) => [stream.streamId, stream]));
    this.#othersBytes = others.reduce((sum, stream) => sum + bytesOfStream(stream), 0);
    const moved = others.filter(({ streamId, erizoId }) => {
      const known = before.get(streamId) ?? taken.get(streamId);
      return known !== undefined && known.erizoId !== erizoId;
    });
    const own = directory.streams.filter((stream) => stream.nodeId === this.#nodeId);
    this.#numbers = new Map(own.map((stream) => [stream.streamId, stream.since]));
    return {
      added: others.filter(({ streamId }) => !before.has(streamId) && !taken.has(streamId)),
      changed: others.filter((stream) => isOther(before.get(stream.streamId), stream)),
      adapted: others.filter((stream) => isAdapted(before.get(stream.streamId), stream)),
      removed: [...before.keys()].filter((id) => !this.#others.has(id) && !this.#own.has(id)),
      moved: moved.map(({ streamId }) => streamId),
      taken: [...taken.keys()],
    };
  }

  /** Own streams that are another node's now, as their clients came there with newer tickets: the Room object has seen that. */
  #giveUp(said: Directory): Map<string, StreamFact> {
    const given = new Map<string, StreamFact>();
    for (const { streamId, nodeId, enteredAt_ms = 0 } of said.streams) {
      const own = this.#own.get(streamId);
      const isElsewhere = nodeId !== this.#nodeId && (own?.enteredAt_ms ?? 0) < enteredAt_ms;
      if (own !== undefined && isElsewhere) {
        this.#own.delete(streamId);
        given.set(streamId, own);
      }
    }
    return given;
  }

  /** What the Room object is to know. */
  facts(erizos: ErizoFact[]): RoomFacts {
    return { erizos, streams: [...this.#own.values()] };
  }

  /**
   * The way from a process of this node to the origin of a stream. Processes that the Room object
   * has not numbered yet come after all that it has, in the order in which they were taken.
   * Throws `not_found` where the directory knows no way (any more).
   */
  route(stream: RoomStream, erizoId: string, erizos: readonly ErizoFact[]): Route {
    const used = this.#usedWith(erizos);
    const tree = this.#trees.treeOf(stream.region, {
      routes: this.#directory.routes,
      erizos: used,
    });
    return routeTo(stream, erizoId, used, tree);
  }

  /** All processes of the room: the same array while they are the same, as routes are asked for many times. */
  #usedWith(erizos: readonly ErizoFact[]): readonly RoomErizo[] {
    const { version, erizos: listed } = this.#directory;
    const known = this.#used;
    const isSame =
      known?.listed === listed &&
      (known.version ?? version) === version &&
      isSameFacts(known.own, erizos);
    if (isSame) {
      return known.all;
    }
    const own = new Set(erizos.map((erizo) => erizo.erizoId));
    const numbered = listed.filter(
      (erizo) => erizo.nodeId !== this.#nodeId || own.has(erizo.erizoId),
    );
    const knownIds = new Set(numbered.map((erizo) => erizo.erizoId));
    const fresh = erizos
      .filter((erizo) => !knownIds.has(erizo.erizoId))
      .map((erizo, index): RoomErizo => {
        const owner = { nodeId: this.#nodeId, region: this.region };
        return { ...erizo, ...owner, since: version + 1 + index };
      });
    const all = [...numbered, ...fresh];
    this.#used = { listed, version: fresh.length === 0 ? undefined : version, own: erizos, all };
    return all;
  }

  /** Whether the directory has the process. */
  isKnown(erizoId: string): boolean {
    return this.#listed.has(erizoId);
  }

  /** What the ways of those from other regions follow from, as text: it changes with them, and costs less. */
  get waysFollowFrom(): string {
    const { erizos, routes } = this.#directory;
    const origins = new Set(this.fromElsewhere().map(({ region }) => region));
    const trees = [...origins].map((origin) => [
      origin,
      ...this.#trees.treeOf(origin, { routes, erizos }),
    ]);
    return JSON.stringify([erizos.map(({ erizoId, since }) => [erizoId, since]), trees]);
  }

  /** Those with media that are published in other regions. */
  fromElsewhere(): RoomStream[] {
    return [...this.#others.values()].filter(
      ({ region, media, erizoId }) =>
        region !== this.region && erizoId !== undefined && hasMedia(media),
    );
  }

  /** The room's processes in other regions, those first that streams are published at. */
  farProcesses(): Hop[] {
    const origins = new Set([...this.#others.values()].map(({ erizoId }) => erizoId));
    const [publishing, others] = [true, false].map((isOrigin) =>
      this.#directory.erizos.filter(
        ({ erizoId, region }) => region !== this.region && origins.has(erizoId) === isOrigin,
      ),
    );
    return [...(publishing ?? []), ...(others ?? [])].map(
      ({ erizoId, nodeId, region, endpoint }) => {
        return { erizoId, nodeId, region, endpoint };
      },
    );
  }

  #numbered(fact: StreamFact): RoomStream {
    const since = this.#numbers.get(fact.streamId) ?? this.#directory.version + 1;
    return { ...fact, nodeId: this.#nodeId, region: this.region, since };
  }
}

function isSameFacts(before: readonly ErizoFact[], after: readonly ErizoFact[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ erizoId, endpoint }, index) => {
      const other = after[index];
      return other?.erizoId === erizoId && other.endpoint === endpoint;
    })
  );
}

function isOther(before: RoomStream | undefined, after: RoomStream): boolean {
  if (before === undefined || before === after) {
    return false;
  }
  const said = [before, after].map(({ nodeId, media }) => JSON.stringify([nodeId, media]));
  return said[0] !== said[1];
}

function isAdapted(before: RoomStream | undefined, after: RoomStream): boolean {
  return (
    before !== undefined &&
    (before.adaptation?.scheme !== after.adaptation?.scheme ||
      before.adaptation?.minVideo_kbps !== after.adaptation?.minVideo_kbps)
  );
}
