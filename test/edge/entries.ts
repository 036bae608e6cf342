import { env } from 'cloudflare:workers';
import { configOf, entryKeysOf } from '../../edge/config.ts';
import type { ProvableFacts } from '../../protocol/contracts/node-edge.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import type { Claim, Entry, EntryPlace } from '../../protocol/entry.ts';
import { proofOf } from '../../protocol/entry.ts';
import { newUuid } from '../../protocol/ids.ts';

/** What a node is given of a client that the edge sends to it. */
export async function entryTo(place: EntryPlace, claim: Partial<Claim> = {}): Promise<Entry> {
  const { current } = await entryKeysOf(configOf(env));
  const all = { clientId: newUuid(), enteredAt_ms: Date.now(), ...claim };
  return { ...all, proof: await proofOf(current, place, all) };
}

/** Facts with the proofs of all who publish. */
export async function proven(place: EntryPlace, facts: RoomFacts): Promise<ProvableFacts> {
  const streams = facts.streams.map(async (stream) => {
    const { clientId, enteredAt_ms } = stream;
    const entry =
      enteredAt_ms === undefined ? {} : await entryTo(place, { clientId, enteredAt_ms });
    return { ...stream, ...entry };
  });
  return { ...facts, streams: await Promise.all(streams) };
}
