import type { LastNMessage } from '../../protocol/contracts/last-n.ts';
import type { Client } from './client.ts';
import { erizoOf } from './flow.ts';

/** The client is sent the video of so many of those who speak; where it plays nothing yet, with its next stream. */
export async function setLastN(client: Client, { n }: LastNMessage): Promise<void> {
  client.lastN = n ?? undefined;
  for (const flow of client.subscriptions.values()) {
    const erizo = erizoOf(flow);
    if (erizo !== undefined) {
      // All that a client plays comes from one process.
      await erizo.rpc.call('setLastN', { clientId: client.id, n });
      return;
    }
  }
}
