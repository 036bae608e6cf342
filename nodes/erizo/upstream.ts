import type { Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type { ErizoToDownstream, Track } from '../../protocol/contracts/erizo-erizo.ts';
import { erizoToDownstream, erizoToUpstream } from '../../protocol/contracts/erizo-erizo.ts';
import type { Hop } from '../../protocol/cascade-tree.ts';
import { newUuid } from '../../protocol/ids.ts';
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
import type { SourceEnd } from './source.ts';

/** This process, as others know it. */
export interface Self {
  erizoId: string;
  nodeId: string;
  region: string;
}

export interface UpstreamOptions {
  self: Self;
  hop: Hop;
  onStreamEnded: (streamId: string, why: SourceEnd) => void;
  /** The link has ended by itself, and with it all that came over it. */
  onLost: () => void;
}

/** A process that this one pulls streams from: one link and one pipe, for as long as there are some. */
export class Upstream {
  readonly #log: Log;
  readonly #guard: Guard;
  readonly #zmq: ZmqSockets;
  readonly #options: UpstreamOptions;
  #pipe!: Pipe;
  #peer!: RpcPeer<typeof erizoToUpstream, ErizoToDownstream>;
  #closed = false;

  private constructor(
    components: { log: Log; guard: Guard; zmq: ZmqSockets },
    options: UpstreamOptions,
  ) {
    this.#guard = components.guard;
    this.#zmq = components.zmq;
    this.#log = components.log.child({ upstream: options.hop.erizoId });
    this.#options = options;
  }

  /** Dials the process and opens this end of the pipe; answers at once. */
  static create(
    components: {
      engine: Engine;
      clock: Clock;
      log: Log;
      guard: Guard;
      calls: Calls;
      zmq: ZmqSockets;
    },
    options: UpstreamOptions,
  ): Upstream {
    const { engine, clock, zmq } = components;
    const { hop, self } = options;
    const made = new Upstream(components, options);
    made.#pipe = Pipe.create({ engine }, { pipeId: newUuid() });
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
  async open(stream: WantedStream, opening: () => Opening): Promise<readonly Producer[]> {
    const endpoint = await this.#pipe.endpoint();
    const answer = await this.#peer.call('cascade.open', {
      ...stream,
      puller: this.#options.self,
      certificate: this.#guard.certificate,
      ...opening(),
      pipe: { pipeId: this.#pipe.pipeId, endpoint },
    });
    demandEndOf(this.#zmq.member(this.#options.hop.nodeId), answer.endpoint);
    const [producers] = await Promise.all([
      this.#produce(answer.tracks),
      this.#pipe.connect(answer.endpoint),
    ]);
    return producers;
  }

  /** Pulls a stream no longer. */
  release(streamId: string): void {
    if (!this.#closed) {
      const params = { pipeId: this.#pipe.pipeId, streamId };
      // Where the link is down the other side closes all that went over it.
      this.#peer.call('cascade.close', params).catch(() => undefined);
    }
  }

  setPaused(streamId: string, paused: boolean): void {
    const { pipeId } = this.#pipe;
    this.#tell(() => this.#peer.notify('cascade.pause', { pipeId, streamId, paused }));
  }

  setNeed(streamId: string, need: StreamNeed): void {
    const { pipeId } = this.#pipe;
    this.#tell(() => this.#peer.notify('cascade.need', { pipeId, streamId, need }));
  }

  /** Ends the link, upon which the other side closes its end of the pipe as well. Idempotent. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#peer.close();
    this.#pipe.close();
    this.#log.info('upstream closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #produce(tracks: readonly Track[]): Promise<readonly Producer[]> {
    const transport = await this.#pipe.transport;
    return allOrNone(
      tracks.map(({ trackId: id, kind, rtpParameters }) =>
        transport.produce({ id, kind, rtpParameters }),
      ),
    );
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
      'cascade.ended': ({ pipeId, streamId, why }) => {
        if (pipeId === this.#pipe.pipeId) {
          this.#options.onStreamEnded(streamId, why);
        }
      },
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
