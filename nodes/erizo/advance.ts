import type { Hop } from '../../protocol/cascade-tree.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type { ControllerToErizo } from '../../protocol/contracts/controller-erizo.ts';
import type { Client } from './client.ts';
import type { WantedStream } from './pulls.ts';
import { nothing } from './stream-need.ts';
import type { Source, Use } from './source.ts';
import { limits } from '../../protocol/limits.ts';

export interface AdvanceComponents {
  source(stream: WantedStream): Source;
  keepUpstreams(by: string, hops: readonly Hop[]): void;
  reroute(stream: WantedStream): Promise<void>;
  /** Throws where the controller has no grant that lets media of the room be here. */
  demand(room: { roomId: string; grant: string }, signal?: AbortSignal): Promise<unknown>;
}

type Asked = 'prepareSubscriber' | 'keepUpstreams' | 'pullAhead' | 'reroute';

/** What one controller has done in advance here for its rooms: links, and streams that nobody plays yet. */
export class Advance {
  readonly #components: AdvanceComponents;
  readonly #controllerId: string;
  readonly #rooms = new Map<string, Map<string, Use>>();

  constructor(components: AdvanceComponents, options: { controllerId: string }) {
    this.#components = components;
    this.#controllerId = options.controllerId;
  }

  /** What its controller asks for; `clientFor` gives a client of that id, a new one where there is none. */
  handlers(clientFor: (clientId: string) => Client): Pick<Handlers<ControllerToErizo>, Asked> {
    return {
      prepareSubscriber: async ({ clientId, plan }) => ({
        connectionId: clientFor(clientId).prepare(plan),
      }),
      keepUpstreams: ({ roomId, upstreams }) => this.keepUpstreams(roomId, upstreams),
      pullAhead: (params) => void this.#pullUnderGrant(params),
      reroute: async (params, { signal }) => {
        await this.#components.demand(params, signal);
        await this.#components.reroute(params);
        return null;
      },
    };
  }

  /** None lets go of all that was done for the room. */
  keepUpstreams(roomId: string, hops: readonly Hop[]): void {
    if (hops.length > 0) {
      this.#room(roomId);
    } else {
      this.#letGo(roomId);
    }
    this.#components.keepUpstreams(`${this.#controllerId} ${roomId}`, hops);
  }

  /** Opens the stream and holds it open until it ends. What cannot be had now is had when it is played. */
  pull(stream: WantedStream): void {
    const held = this.#room(stream.roomId);
    if (held.has(stream.streamId) || held.size >= limits.pullsAhead) {
      return;
    }
    this.#hold(held, this.#components.source(stream));
  }

  close(): void {
    for (const roomId of [...this.#rooms.keys()]) {
      this.keepUpstreams(roomId, []);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Never rejects. */
  async #pullUnderGrant(stream: WantedStream): Promise<void> {
    const held = this.#room(stream.roomId);
    try {
      await this.#components.demand(stream);
    } catch {
      // What cannot be had in advance is refused, with the reason, when it is played.
      return;
    }
    if (this.#rooms.get(stream.roomId) === held) {
      this.pull(stream);
    }
  }

  #room(roomId: string): Map<string, Use> {
    const known = this.#rooms.get(roomId) ?? new Map<string, Use>();
    this.#rooms.set(roomId, known);
    return known;
  }

  #hold(held: Map<string, Use>, source: Source): void {
    const { streamId } = source;
    const use = source.use(
      {
        sourceEnded: () => {
          if (held.get(streamId) === use) {
            held.delete(streamId);
          }
        },
        sourceMoved: ({ to }) => {
          this.#hold(held, to);
          use.end();
        },
      },
      nothing,
    );
    held.set(streamId, use);
  }

  #letGo(roomId: string): void {
    for (const use of this.#rooms.get(roomId)?.values() ?? []) {
      use.end();
    }
    this.#rooms.delete(roomId);
  }
}
