import { entranceBy } from '../../support/entrance.ts';
import { SignallingClient } from '../../support/fuzz/signalling-client.ts';
import { demoToken } from '../../support/tokens.ts';
import type { Counts, Target } from './flood.ts';
import { count } from './flood.ts';

/** A ticket to the node, for somebody in that room. */
export async function ticketTo({ edgeUrl, region }: Target, room: string): Promise<string> {
  const token = await demoToken(edgeUrl, { room, name: 'guest', region });
  return (await entranceBy(edgeUrl, token)).ticket;
}

/** So many clients in a room of the node, who confirm what they are sent. */
export async function guests(
  target: Target,
  room: string,
  count: number,
): Promise<SignallingClient[]> {
  const clients: SignallingClient[] = [];
  while (clients.length < count) {
    const ticket = await ticketTo(target, room);
    clients.push(await SignallingClient.join(`ws://${target.host}`, { ticket }));
  }
  return clients;
}

/** Publishes a stream of data alone; resolves with its id. */
export async function publishData(client: SignallingClient, attributes: object): Promise<string> {
  const options = { state: 'data', audio: false, video: false, data: true, attributes };
  const [streamId, words] = (await client.ask('publish', { options })) ?? [];
  if (typeof streamId !== 'string') {
    throw new Error(`a stream was not published: ${String(words)}`);
  }
  return streamId;
}

/** Counts what they are sent from now on. */
export function countHeard(clients: readonly SignallingClient[], counts: Counts): void {
  clients.forEach((client) => client.listen(() => count(counts, 'heard')));
}

/** All of them leave, and the node knows. */
export async function leave(clients: readonly SignallingClient[]): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      client.leave();
      await client.gone;
    }),
  );
}
