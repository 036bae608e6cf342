import type { Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type { ErizoToDownstream, Track } from '../../protocol/contracts/erizo-erizo.ts';
import { erizoToDownstream, erizoToUpstream } from '../../protocol/contracts/erizo-erizo.ts';
import type { Hop } from '../../protocol/cascade-tree.ts';
import { newUuid } from '../../protocol/ids.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { LinkEnd } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Calls } from '../calls.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import type { Engine } from './engine.ts';
import type { Guard } from './guard.ts';
import type { Producer } from './media.ts';
import { allOrNone } from './wait.ts';
import { Pipe } from './pipe.ts';
import { demandEndOf } from './pipe-end.ts';
import type { Opening } from './pull.ts';
import type { WantedStream } from './pulls.ts';
import type { Moved, SourceEnd } from './source.ts';

/** This process, as others know it. */
export interface Self {
  erizoId: string;
  nodeId: string;
  region: string;
}

/** How a stream comes. */
export type Way = Moved['way'];

/** What a process has to pull with. */
export interface UpstreamComponents {
  engine: Engine;
  clock: Clock;
  log: Log;
  guard: Guard;
  calls: Calls;
  zmq: ZmqSockets;
}

export interface UpstreamOptions {
  self: Self;
  hop: Hop;
  onPullEnded: (pullId: string, why: SourceEnd) => void;
  /** It comes another way to there, which is this one from there on. */
  onPullMoved: (pullId: string, way: Way) => void;
  /** The link has ended by itself, and with it all that came over it. */
  onLost: () => void;
}

/** A process that this one pulls streams from, or will: one link and one pipe. */
export class Upstream {
  readonly #log: Log;
  readonly #guard: Guard;
  readonly #zmq: ZmqSockets;
  readonly #options: UpstreamOptions;
  readonly #engine: Engine;
  readonly #pipeId = newUuid();
  /** Opened with the first stream: a link that is only kept takes no port. */
  #pipe: Pipe | undefined;
  #peer!: RpcPeer<typeof erizoToUpstream, ErizoToDownstream>;
  #closed = false;

  private constructor(
    components: { engine: Engine; log: Log; guard: Guard; zmq: ZmqSockets },
    options: UpstreamOptions,
  ) {
    this.#engine = components.engine;
    this.#guard = components.guard;
    this.#zmq = components.zmq;
    this.#log = components.log.child({ upstream: options.hop.erizoId });
    this.#options = options;
  }

  /** Dials the process; answers at once. */
  static create(components: UpstreamComponents, options: UpstreamOptions): Upstream {
    const { clock, zmq } = components;
    const { hop, self } = options;
    const made = new Upstream(components, options);
    const hello = JSON.stringify({ kind: 'erizo', id: self.erizoId });
    const name = `upstream ${hop.erizoId}`;
    made.#peer = RpcPeer.create(
      {
        link: zmq.dial({ to: hop, hello, name }),
        clock,
        handlers: made.#handlers(),
      },
      {
        outgoing: erizoToUpstream,
        incoming: erizoToDownstream,
        onFault: (fault, method) => made.#log.warn({ err: fault, method }, 'fault on the link'),
        onEnd: (why) => made.#onEnd(why),
        onCall: components.calls.to('upstream'),
      },
    );
    made.#log.info('upstream dialled');
    return made;
  }

  /** Pulls a stream: one round trip, whether the pipe is there yet or not. */
  async open(
    pullId: string,
    stream: WantedStream,
    opening: () => Opening,
  ): Promise<readonly Producer[]> {
    const pipe = this.#openPipe();
    const endpoint = await pipe.endpoint();
    const answer = await this.#peer.call('cascade.open', {
      ...stream,
      pullId,
      puller: this.#options.self,
      certificate: this.#guard.certificate,
      ...opening(),
      pipe: { pipeId: pipe.pipeId, endpoint },
    });
    demandEndOf(this.#zmq.member(this.#options.hop.nodeId), answer.endpoint);
    const [producers] = await Promise.all([
      this.#produce(pipe, answer.tracks),
      pipe.connect(answer.endpoint),
    ]);
    return producers;
  }

  /** Pulls it no longer. */
  release(pullId: string): void {
    if (!this.#closed) {
      // Where the link is down the other side closes all that went over it.
      this.#peer.call('cascade.close', { pullId }).catch(() => undefined);
    }
  }

  setPaused(pullId: string, paused: boolean): void {
    this.#tell(() => this.#peer.notify('cascade.pause', { pullId, paused }));
  }

  setNeed(pullId: string, need: StreamNeed): void {
    this.#tell(() => this.#peer.notify('cascade.need', { pullId, need }));
  }

  /** Ends the link, upon which the other side closes its end of the pipe as well. Idempotent. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#peer.close();
    this.#pipe?.close();
    this.#log.info('upstream closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #openPipe(): Pipe {
    if (this.#closed) {
      throw new RizomaError('link_down', 'the upstream was lost');
    }
    this.#pipe ??= Pipe.create({ engine: this.#engine }, { pipeId: this.#pipeId });
    return this.#pipe;
  }

  async #produce(pipe: Pipe, tracks: readonly Track[]): Promise<readonly Producer[]> {
    const transport = await pipe.transport;
    return allOrNone(tracks.map((track) => transport.produce(track)));
  }

  #tell(notify: () => void): void {
    if (this.#closed) {
      return;
    }
    try {
      notify();
    } catch (thrown) {
      // A link that takes nothing more is as good as lost; a stream that never resumes is worse.
      this.#log.warn({ err: thrown }, 'the upstream cannot be told');
      this.#onEnd('lost');
    }
  }

  #handlers(): Handlers<ErizoToDownstream> {
    return {
      'cascade.ended': ({ pullId, why }) => this.#options.onPullEnded(pullId, why),
      'cascade.moved': ({ pullId, ...way }) => this.#options.onPullMoved(pullId, way),
    };
  }

  #onEnd(why: LinkEnd): void {
    if (!this.#closed) {
      this.#log.info({ why }, 'upstream lost');
      this.close();
      this.#options.onLost();
    }
  }
}
