import * as v from 'valibot';
import { ageOf } from '../../protocol/clock.ts';
import type { SoundWish } from '../../protocol/contracts/client.ts';
import { StampMessage } from '../../protocol/contracts/client.ts';
import type { JoinAnswer, JoinController } from '../../protocol/contracts/rest.ts';
import { JoinAnswer as JoinAnswerSchema } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import type { StrategyId } from '../../protocol/priorities.ts';
import { Channel } from './channel.ts';
import type { OpenSocket } from './controller-socket.ts';
import { defaults } from './defaults.ts';
import type { EdgeComponents } from './edge-api.ts';
import { askEdge } from './edge-api.ts';
import { JoinError, toJoinError } from './errors.ts';
import type { Entered } from './session.ts';

export type EntranceComponents = EdgeComponents & { readonly openSocket: OpenSocket };

export interface EntranceOptions {
  /** The edge: `https://edge.example.org`. */
  edge: string;
  token: string;
  sound: SoundWish | undefined;
  strategy: StrategyId | undefined;
}

/** One connection for all that a client publishes, one for all it subscribes to. */
const plan = 'dual';
/** We send what somebody plays, as the controller tells us, and nothing else. */
const layers = 'follow';

/**
 * The way into a room: by its token the first time, and then, for the same client id, by what the edge
 * gave for the case that the controller is lost.
 */
export class Entrance {
  readonly #components: EntranceComponents;
  readonly #options: EntranceOptions;
  /** The last answer of the edge, and the controllers of it whose tickets were not used. */
  #placed: { answer: JoinAnswer; at_ms: number; unused: JoinController[] } | undefined;
  /** `host:port` of the controller that took us last. */
  #host: string | undefined;
  /** The newest word of a controller that we were in the room, of the one that we dialled last of those that gave one. */
  #stamp: { text: string; dial: number } | undefined;
  #dials = 0;

  constructor(components: EntranceComponents, options: EntranceOptions) {
    this.#components = components;
    this.#options = options;
  }

  /** Enters by the token, which is used up by it. Throws a `JoinError`. */
  async first(): Promise<Entered> {
    await this.#ask('/join', { token: this.#options.token }, 'the join');
    return await this.#enterAny(() => true);
  }

  /**
   * Enters for the same client id, at another controller than the last where there is one. Without the
   * edge the tickets of before are good for as long as they last. Answers undefined where it is wanted no more once the edge
   * has answered. Throws a `JoinError`.
   */
  async again(isWanted: () => boolean): Promise<Entered | undefined> {
    const { reentry } = this.#placed?.answer ?? { reentry: '' };
    const stamp = this.#stamp === undefined ? {} : { stamp: this.#stamp.text };
    const last = this.#host;
    try {
      await this.#ask('/rejoin', { reentry, ...stamp }, 'the return to the room');
    } catch (thrown) {
      const error = toJoinError(thrown);
      const isAway = error.code === 'link_down' || error.code === 'timeout';
      if (!isAway || !this.#hasTickets(last)) {
        throw error;
      }
    }
    if (!isWanted()) {
      return undefined;
    }
    if (this.#hasTickets(last)) {
      return await this.#enterAny(({ host }) => host !== last);
    }
    // There is no other: where it was restarted, it does not know us and takes us anew.
    return await this.#enterAny(() => true);
  }

  async #ask(path: string, body: unknown, what: string): Promise<void> {
    const url = `${this.#options.edge.replace(/\/+$/, '')}${path}`;
    const answer = await askEdge(this.#components, { url, body, what }, JoinAnswerSchema);
    const at_ms = this.#components.clock.date();
    this.#placed = { answer, at_ms, unused: [...answer.controllers] };
  }

  /** Whether there are tickets for other controllers that did not expire. */
  #hasTickets(except: string | undefined): boolean {
    const placed = this.#placed;
    return (
      placed !== undefined &&
      ageOf(placed.at_ms, this.#components.clock.date()) < limits.ticket_ttl_s * 1000 &&
      placed.unused.some(({ host }) => host !== except)
    );
  }

  /** The first that takes us, best first; where none does, the error of the last one that said why. */
  async #enterAny(isWanted: (controller: JoinController) => boolean): Promise<Entered> {
    const placed = this.#placed;
    let refusal: JoinError | undefined;
    for (const controller of placed?.unused.filter(isWanted) ?? []) {
      try {
        if (placed !== undefined) {
          placed.unused = placed.unused.filter((other) => other !== controller);
        }
        return await this.#enter(controller);
      } catch (thrown) {
        const error = toJoinError(thrown);
        // Silence says less than words do.
        const isSilence = error.code === 'timeout' || error.code === 'link_down';
        refusal = refusal !== undefined && isSilence ? refusal : error;
      }
    }
    throw refusal ?? new JoinError('unavailable', 'there is no controller to join at');
  }

  async #enter({ host, secure, region, ticket }: JoinController): Promise<Entered> {
    const { clock, openSocket } = this.#components;
    const url = `${secure ? 'wss' : 'ws'}://${host}`;
    const { sound, strategy } = this.#options;
    const wishes = {
      ...(sound === undefined ? {} : { sound }),
      ...(strategy === undefined ? {} : { streamPriorityStrategy: strategy }),
    };
    const socket = openSocket(url, { ticket, plan, layers, ...wishes }, defaults);
    const channel = new Channel({ clock, socket }, { reconnectionQuery: { plan } });
    this.#keepStamps(channel);
    const connected = await channel.open();
    this.#host = host;
    return { channel, connected, controller: { host, region } };
  }

  /** A controller that we are about to leave may stamp us still: that counts less than what the next one says. */
  #keepStamps(channel: Channel): void {
    this.#dials += 1;
    const dial = this.#dials;
    channel.on('message', ({ event, message }) => {
      const said = event === 'onStamp' ? v.safeParse(StampMessage, message) : undefined;
      if (said?.success === true && dial >= (this.#stamp?.dial ?? 0)) {
        this.#stamp = { text: said.output.stamp, dial };
      }
    });
  }
}
