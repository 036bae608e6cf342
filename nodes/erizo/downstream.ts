import type { Clock } from '../../protocol/clock.ts';
import type { CallContext, Handlers, ParamsOf, ResultOf } from '../../protocol/contract.ts';
import type { ErizoToUpstream, PipeEndpoint } from '../../protocol/contracts/erizo-erizo.ts';
import { erizoToDownstream, erizoToUpstream } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Caller } from '../link/keyring.ts';
import type { Log } from '../log.ts';
import type { Engine } from './engine.ts';
import { Feed } from './feed.ts';
import { Pipe } from './pipe.ts';
import { demandEndOf } from './pipe-end.ts';
import type { Guard } from './guard.ts';
import type { Measures } from './measures.ts';
import type { WantedStream } from './pulls.ts';
import type { Moved, Source, SourceEnd } from './source.ts';
import { untilAborted } from './wait.ts';

type OpenParams = ParamsOf<ErizoToUpstream, 'cascade.open'>;
type OpenResult = ResultOf<ErizoToUpstream, 'cascade.open'>;

type Peer = RpcPeer<typeof erizoToDownstream, ErizoToUpstream>;

export interface DownstreamOptions {
  /** Who dialled, as it said in its hello. */
  erizoId: string;
  /** Whose process that is, as its key shows. */
  caller: Caller;
  selfId: string;
  source: (stream: WantedStream) => Source;
  /** It gets a stream less. */
  onChange: () => void;
  onEnd: (downstream: Downstream) => void;
}

/** A process that pulls streams from this one: its link, its pipe and what goes over it. */
export class Downstream {
  readonly #engine: Engine;
  readonly #guard: Guard;
  readonly #measures: Measures;
  readonly #log: Log;
  readonly #options: DownstreamOptions;
  #peer!: Peer;
  /** By the ids of the pulls that they are to it. */
  readonly #feeds = new Map<string, Feed>();
  #pipe: { pipe: Pipe; remote: PipeEndpoint } | undefined;
  /** Settles when all that was asked for so far is let in or refused. */
  #checked: Promise<unknown> = Promise.resolve();

  private constructor(
    components: { engine: Engine; log: Log; guard: Guard; measures: Measures },
    options: DownstreamOptions,
  ) {
    this.#guard = components.guard;
    this.#measures = components.measures;
    this.#engine = components.engine;
    this.#log = components.log.child({ downstream: options.erizoId });
    this.#options = options;
  }

  /** Serves the link, which it opens at once. */
  static create(
    components: {
      engine: Engine;
      clock: Clock;
      log: Log;
      guard: Guard;
      measures: Measures;
      link: Link;
    },
    options: DownstreamOptions,
  ): Downstream {
    const { link, clock } = components;
    const made = new Downstream(components, options);
    made.#peer = RpcPeer.create(
      { link, clock, handlers: made.#handlers() },
      {
        outgoing: erizoToDownstream,
        incoming: erizoToUpstream,
        onFault: (fault, method) => made.#log.warn({ err: fault, method }, 'fault on the link'),
        onEnd: () => made.#onEnd(),
      },
    );
    made.#log.info('downstream linked');
    return made;
  }

  /** The node that its process is of. */
  get nodeId(): string {
    return this.#options.caller.nodeId;
  }

  get feeds(): number {
    return this.#feeds.size;
  }

  close(): void {
    this.#peer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #handlers(): Handlers<ErizoToUpstream> {
    return {
      'cascade.open': (params, context) => this.#open(params, context),
      'cascade.close': async ({ pullId }) => {
        await this.#checked;
        this.#drop(pullId);
        return null;
      },
      'cascade.need': ({ pullId, need }) => this.#feeds.get(pullId)?.setNeed(need),
      'cascade.pause': ({ pullId, paused }) => this.#setPaused(pullId, paused),
    };
  }

  async #open(params: OpenParams, context: CallContext<never>): Promise<OpenResult> {
    const begun = this.#admit(params).then(() => this.#begin(params));
    this.#checked = Promise.allSettled([this.#checked, begun]);
    const { feed, pipe, isNew } = await begun;
    const { pullId } = params;
    try {
      const tracks = await untilAborted(feed.tracks, context.signal);
      return { endpoint: await pipe.endpoint(), tracks };
    } catch (thrown) {
      if (isNew) {
        this.#drop(pullId);
      }
      throw thrown;
    }
  }

  /** Throws `forbidden`, saying why; that is counted. */
  async #admit(params: OpenParams): Promise<void> {
    try {
      this.#check(params);
      await this.#guard.check(params);
    } catch (thrown) {
      this.#measures.cascadeRefused(toRizomaError(thrown).code);
      throw thrown;
    }
  }

  #begin(params: OpenParams): { feed: Feed; pipe: Pipe; isNew: boolean } {
    if (this.#peer.ended !== undefined) {
      throw new RizomaError('cancelled', 'the link ended before the stream was let out');
    }
    const { streamId, roomId, route, grant, need, pullId } = params;
    const source = this.#options.source({ streamId, roomId, route, grant });
    const { pipe } = this.#pipeFor(params.pipe);
    const known = this.#feeds.get(pullId);
    known?.setNeed(need);
    const feed = known ?? this.#feed(pullId, source, pipe, need);
    if (!params.paused) {
      this.#setPaused(pullId, false);
    }
    return { feed, pipe, isNew: known === undefined };
  }

  /** A route that comes back to one of its ends would wait for itself. */
  #check({ puller, route, pipe }: OpenParams): void {
    const { erizoId, caller } = this.#options;
    const isCaller = puller.nodeId === caller.nodeId && puller.region === caller.region;
    if (puller.erizoId !== erizoId || !isCaller) {
      throw new RizomaError('forbidden', 'the puller is not who dialled');
    }
    demandEndOf(caller, pipe.endpoint);
    const ends = [puller.erizoId, this.#options.selfId];
    if (route.some(({ erizoId }) => ends.includes(erizoId))) {
      throw new RizomaError('forbidden', 'the route comes back to where it has been');
    }
  }

  /** A link has one pipe, which lives as long: so neither side can hold half of an older one. */
  #pipeFor({ pipeId, endpoint }: OpenParams['pipe']): { pipe: Pipe } {
    if (this.#pipe !== undefined && this.#pipe.pipe.pipeId !== pipeId) {
      throw new RizomaError('forbidden', 'there is another pipe on this link');
    }
    this.#pipe ??= {
      pipe: Pipe.create({ engine: this.#engine }, { pipeId }),
      remote: endpoint,
    };
    return this.#pipe;
  }

  #feed(pullId: string, source: Source, pipe: Pipe, need: StreamNeed): Feed {
    const { streamId } = source;
    const same = [...this.#feeds.values()].filter((feed) => feed.streamId === streamId);
    if (same.length >= limits.pullsOfStream) {
      throw new RizomaError('overloaded', `stream ${streamId} goes there twice already`);
    }
    const feed = Feed.create(
      { log: this.#log, pipe },
      {
        ...{ source, need },
        onEnded: (why) => this.#onFeedEnded(pullId, why),
        onMoved: (moved) => this.#onFeedMoved(pullId, moved),
      },
    );
    this.#feeds.set(pullId, feed);
    return feed;
  }

  /**
   * The pipe is connected when something is wanted of it for the first time: consumers that are
   * made on a connected pipe ask for a key frame, which must not come before it can be used.
   */
  #setPaused(pullId: string, paused: boolean): void {
    const feed = this.#feeds.get(pullId);
    if (feed === undefined || this.#pipe === undefined) {
      return;
    }
    const { pipe, remote } = this.#pipe;
    const ready = paused ? Promise.resolve() : pipe.connect(remote);
    feed.setPaused(paused, ready);
    ready.catch((thrown: unknown) => {
      this.#log.warn({ err: thrown }, 'the pipe could not be connected');
      this.close();
    });
  }

  #onFeedEnded(pullId: string, why: SourceEnd): void {
    this.#drop(pullId);
    this.#tell((peer) => peer.notify('cascade.ended', { pullId, why }));
  }

  #onFeedMoved(pullId: string, { way }: Moved): void {
    if (this.#feeds.has(pullId)) {
      this.#tell((peer) => peer.notify('cascade.moved', { pullId, ...way }));
    }
  }

  #tell(notify: (peer: Peer) => void): void {
    if (this.#peer.ended !== undefined) {
      return;
    }
    try {
      notify(this.#peer);
    } catch (thrown) {
      // It would go on believing in the stream; without the link it knows.
      this.#log.warn({ err: thrown }, 'the downstream cannot be told');
      this.close();
    }
  }

  #drop(pullId: string): void {
    const feed = this.#feeds.get(pullId);
    if (feed !== undefined) {
      this.#feeds.delete(pullId);
      feed.close();
      this.#options.onChange();
    }
  }

  #onEnd(): void {
    for (const pullId of [...this.#feeds.keys()]) {
      this.#drop(pullId);
    }
    this.#pipe?.pipe.close();
    this.#log.info('downstream gone');
    this.#options.onEnd(this);
  }
}
