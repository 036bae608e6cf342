import type { Clock } from '../../protocol/clock.ts';
import type { LastNMessage } from '../../protocol/contracts/last-n.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import { erizoOf } from './flow.ts';
import { LatestOf } from './latest-of.ts';

/** Of how many of those who speak a client is sent the video; where it plays nothing yet, with its next stream. */
export class LastN {
  /** Each time costs as much as the client plays videos. */
  readonly #wishes: LatestOf<Client>;

  constructor(components: { clock: Clock }) {
    this.#wishes = new LatestOf(components, { every_ms: defaults.wishes_ms, run: tell });
  }

  set(client: Client, { n }: LastNMessage): Promise<void> {
    client.lastN = n ?? undefined;
    return this.#wishes.ask(client);
  }
}

async function tell(client: Client): Promise<void> {
  for (const flow of client.subscriptions.values()) {
    const erizo = erizoOf(flow);
    if (erizo !== undefined) {
      // All that a client plays comes from one process.
      await erizo.rpc.call('setLastN', { clientId: client.id, n: client.lastN ?? null });
      return;
    }
  }
}
