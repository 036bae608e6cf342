import type { RtpStats } from '../../protocol/contracts/controller-erizo.ts';
import { limits } from '../../protocol/limits.ts';
import type { Client } from './client.ts';
import type { Source } from './source.ts';

interface Measured {
  stats(): Promise<RtpStats[]>;
}

/** What the tracks have carried; one that ends meanwhile is passed over. */
export async function statsOf(tracks: readonly Measured[]): Promise<RtpStats[]> {
  const outcomes = await Promise.allSettled(tracks.map((track) => track.stats()));
  return outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** What a process has of a stream: as it comes in, and as it goes to those of the clients who play it. */
export async function streamStats(
  streamId: string,
  source: Source | undefined,
  clients: readonly Client[],
): Promise<{ publisher?: RtpStats[]; subscribers: Record<string, RtpStats[]> }> {
  const players = clients.filter((client) => client.plays(streamId));
  const sent = players.slice(0, limits.statsSubscribers).map(async (client) => ({
    clientId: client.clientId,
    stats: await client.statsOf(streamId),
  }));
  const publisher = source === undefined ? {} : { publisher: await statsOf(source.producers) };
  const subscribers: Record<string, RtpStats[]> = {};
  for (const { clientId, stats } of await Promise.all(sent)) {
    if (stats !== undefined) {
      subscribers[clientId] = stats;
    }
  }
  return { ...publisher, subscribers };
}
