import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { Client } from './client.ts';

/** A client that another controller has, and when the ticket was made with which it came there. */
export interface MovedClient {
  readonly clientId: string;
  readonly enteredAt_ms: number;
}

/**
 * Ends what is left here of clients that are at another controller under newer tickets. They have the time
 * to leave by themselves, as they play what they have here until they play it there.
 */
export class MovedClients {
  readonly #clock: Clock;
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #waits = new Map<Client, Cancel>();

  constructor(components: { clock: Clock; clients: ReadonlyMap<string, Client> }) {
    this.#clock = components.clock;
    this.#clients = components.clients;
  }

  /** These are at another controller. */
  at(clients: readonly MovedClient[]): void {
    for (const { clientId, enteredAt_ms } of clients) {
      const client = this.#clients.get(clientId);
      const isOlder = client !== undefined && client.entry.enteredAt_ms < enteredAt_ms;
      if (isOlder && !this.#waits.has(client)) {
        const end = (): void => {
          this.#waits.delete(client);
          client.close('it is at another controller', {
            code: 'conflict',
            message: 'you joined again elsewhere',
          });
        };
        this.#waits.set(client, this.#clock.after(limits.move_ms, end));
      }
    }
  }

  /** It has left: nothing is left to end. */
  left(client: Client): void {
    this.#waits.get(client)?.();
    this.#waits.delete(client);
  }
}
