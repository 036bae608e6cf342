import type { Clock } from '../../protocol/clock.ts';
import { signStamp } from '../../protocol/stamp.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';

export interface StampsComponents {
  clock: Clock;
  log: Log;
  edge: Pick<Edge, 'keys'>;
  /** From 0 to 1, for the jitter. */
  random?: () => number;
}

interface Due {
  readonly roomId: string;
  at_ms: number;
}

/**
 * Gives each client that came by a ticket a stamp that it was in its room, from time to time while it is connected.
 * The edge is not asked: a room goes on, and its clients have fresh stamps, while that is away.
 */
export class Stamps {
  readonly #parts: StampsComponents;
  readonly #self: { nodeId: string; peerId: string };
  readonly #due = new Map<Client, Due>();

  constructor(components: StampsComponents, options: { nodeId: string; peerId: string }) {
    this.#parts = components;
    this.#self = { nodeId: options.nodeId, peerId: options.peerId };
  }

  /**
   * Its join speaks for a client as long as a stamp would. One that was at another controller may have left that, with
   * what it was given there: it is given a stamp at once, and this resolves when it was.
   */
  async joined(client: Client, roomId: string): Promise<void> {
    if (!client.hasReentry) {
      return;
    }
    const due = { roomId, at_ms: this.#next() };
    this.#due.set(client, due);
    if (!client.isFirstHere) {
      await this.#stamp(client, due);
    }
  }

  left(client: Client): void {
    this.#due.delete(client);
  }

  /** Stamps those whose time has come. One that is away is not in its room for sure. */
  async look(): Promise<void> {
    const now_ms = this.#parts.clock.now();
    const due = [...this.#due].filter(([{ connected }, { at_ms }]) => connected && at_ms <= now_ms);
    await Promise.all(due.map((one) => this.#stamp(...one)));
  }

  /** A part of it is chance, so that those who came in a crowd are not stamped in one. */
  #next(): number {
    const { clock, random = Math.random } = this.#parts;
    return clock.now() + defaults.stamp_ms * (1 - defaults.stampSpread * random());
  }

  /** Never rejects. */
  async #stamp(client: Client, due: Due): Promise<void> {
    const { clock, log, edge } = this.#parts;
    due.at_ms = this.#next();
    const secret = edge.keys?.ticketSecrets[0];
    const { clientId, enteredAt_ms } = client.entry;
    if (secret === undefined) {
      return;
    }
    const presentAt_s = Math.floor(clock.date() / 1000);
    const said = { clientId, roomId: due.roomId, enteredAt_ms, presentAt_s };
    try {
      client.send('onStamp', { stamp: await signStamp(secret, this.#self, said) });
    } catch (thrown) {
      log.error({ err: thrown, clientId }, 'a client could not be given a stamp');
    }
  }
}
