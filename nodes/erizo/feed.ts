import type { Track } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { Log } from '../log.ts';
import type { Consumer } from './media.ts';
import type { Pipe } from './pipe.ts';
import type { Moved, Source, SourceEnd, SourceUser, Use } from './source.ts';
import { allOrNone, closeAll, deferred } from './wait.ts';

export interface FeedOptions {
  source: Source;
  /** What the other process will play of it. */
  need: StreamNeed;
  /** Told once when it ends by itself after it was open. */
  onEnded: (why: SourceEnd) => void;
  /** The other process is to pull it anew; this one goes on until it does. */
  onMoved: (moved: Moved) => void;
}

/** A stream that is given to a process further down, over the pipe to it. It begins paused unless told otherwise at once. */
export class Feed implements SourceUser {
  readonly streamId: string;
  readonly #log: Log;
  readonly #options: FeedOptions;
  readonly #use: Use;
  readonly #tracks = deferred<Track[]>();
  #consumers: Consumer[] = [];
  #paused = true;
  #need: StreamNeed;
  /** Those of the consumers that are not paused. */
  readonly #flowing = new Set<Consumer>();
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #steps: Promise<void> = Promise.resolve();

  constructor(components: { log: Log }, options: FeedOptions) {
    this.streamId = options.source.streamId;
    this.#log = components.log.child({ streamId: this.streamId });
    this.#options = options;
    this.#need = options.need;
    this.#use = options.source.use(this, options.need);
  }

  static create(components: { log: Log; pipe: Pipe }, options: FeedOptions): Feed {
    const feed = new Feed(components, options);
    void feed.#open(components.pipe);
    return feed;
  }

  /** What the other process needs to produce the same tracks. */
  get tracks(): Promise<Track[]> {
    return this.#tracks.promise;
  }

  /** The other process plays another part of it than before. */
  setNeed(need: StreamNeed): void {
    this.#need = need;
    this.#use.setNeed(need);
    this.#steps = this.#steps.then(() => this.#apply());
  }

  /** Takes effect once `ready` has resolved, in the order of the calls. */
  setPaused(paused: boolean, ready: Promise<void>): void {
    this.#paused = paused;
    this.#use.setActive(!paused);
    this.#steps = this.#steps
      .then(() => ready)
      .then(() => this.#apply())
      // Whoever gave `ready` knows that it failed, and ends the feed.
      .catch(() => undefined);
  }

  sourceEnded(why: SourceEnd, error: RizomaError): void {
    const wasOpen = this.#state === 'open';
    this.#end(error);
    // While it was opening, whoever waits for its tracks has heard the error.
    if (wasOpen) {
      this.#options.onEnded(why);
    }
  }

  sourceMoved(moved: Moved): void {
    this.#options.onMoved(moved);
  }

  close(): void {
    this.#end(new RizomaError('cancelled', 'the stream is not given any more'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #open(pipe: Pipe): Promise<void> {
    try {
      const tracks = await this.#consume(pipe);
      if (this.#state === 'closed') {
        return;
      }
      this.#state = 'open';
      this.#tracks.resolve(tracks);
      this.#log.info('feed begun');
    } catch (thrown) {
      this.#tracks.reject(thrown);
      this.close();
    }
  }

  async #consume(pipe: Pipe): Promise<Track[]> {
    const producers = await this.#options.source.tracks;
    const transport = await pipe.transport;
    const consumers = await allOrNone(producers.map(({ id }) => transport.consume(id)));
    this.#consumers = consumers;
    consumers.forEach((consumer) => this.#flowing.add(consumer));
    if (this.#state === 'closed') {
      closeAll(consumers);
      throw new RizomaError('cancelled', 'the stream is not given any more');
    }
    // Not before somebody plays it: a key frame that comes earlier is of no use to anyone.
    await this.#apply();
    return producers.map(({ trackId, kind }, index) => {
      const { rtpParameters } = consumers[index] as Consumer;
      return { trackId, kind, rtpParameters };
    });
  }

  async #apply(): Promise<void> {
    const { audio, video } = this.#need;
    const steps: Promise<void>[] = [];
    for (const consumer of this.#consumers) {
      const flows = !this.#paused && (consumer.kind === 'audio' ? audio : video !== null);
      if (flows && !this.#flowing.has(consumer)) {
        this.#flowing.add(consumer);
        steps.push(consumer.resume());
      } else if (!flows && this.#flowing.delete(consumer)) {
        steps.push(consumer.pause());
      }
    }
    // A consumer whose track has just ended cannot be told, and need not be.
    await Promise.allSettled(steps);
  }

  #end(why: RizomaError): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#state = 'closed';
    this.#tracks.reject(why);
    // Before the source may end with its last user, and the worker ends the consumers of that by itself.
    closeAll(this.#consumers);
    this.#consumers = [];
    this.#use.end();
    this.#log.info('feed ended');
  }
}
