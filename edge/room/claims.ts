import type {
  Leavings,
  Presence,
  RoomUser,
  ToldFacts,
} from '../../protocol/contracts/node-edge.ts';
import type { RoomFacts, StreamFact } from '../../protocol/directory.ts';
import type { Claim, Entry } from '../../protocol/entry.ts';

/** Whether the edge let that client into the room then. */
export type IsProven = (entry: Entry) => Promise<boolean>;

/** Who left for good, of those whom the edge had let in at that node. */
export interface ProvenLeavings {
  readonly clients: readonly Claim[];
  readonly forgotten: boolean;
}

/** What a controller tells of who is with it, with no times but those that are proven. */
export interface ProvenPresence extends Omit<Presence, 'came' | 'left'> {
  readonly came: readonly RoomUser[];
  readonly left?: ProvenLeavings;
}

/**
 * What a node says of its streams, without the times at which their clients entered where they are not proven: a claim that says
 * no time wins over none that says one. The proofs stay here, as other nodes would use them.
 */
export async function factsBy(isProven: IsProven, facts: ToldFacts): Promise<RoomFacts> {
  const streams: Promise<StreamFact>[] = facts.streams.map((one) => claimBy(isProven, one));
  return { ...facts, streams: await Promise.all(streams) };
}

/** The same of those who came; who left and was not let in there has not left. */
export async function presenceBy(
  isProven: IsProven,
  { left, ...presence }: Presence,
): Promise<ProvenPresence> {
  const came = await Promise.all(presence.came.map((user) => claimBy(isProven, user)));
  const leavings = left === undefined ? {} : { left: await leavingsBy(isProven, left) };
  return { ...presence, came, ...leavings };
}

export async function leavingsBy(isProven: IsProven, left: Leavings): Promise<ProvenLeavings> {
  const clients = left.clients.map(async (entry) => {
    const { clientId, enteredAt_ms } = entry;
    return (await isProven(entry)) ? [{ clientId, enteredAt_ms }] : [];
  });
  return { ...left, clients: (await Promise.all(clients)).flat() };
}

interface Told {
  readonly clientId: string;
  readonly enteredAt_ms?: number | undefined;
  readonly proof?: string | undefined;
}

async function claimBy<T extends Told>(
  isProven: IsProven,
  { proof, enteredAt_ms, ...rest }: T,
): Promise<Omit<T, 'proof' | 'enteredAt_ms'> & { enteredAt_ms?: number }> {
  const { clientId } = rest;
  const isKnown =
    enteredAt_ms !== undefined &&
    proof !== undefined &&
    (await isProven({ clientId, enteredAt_ms, proof }));
  return isKnown ? { ...rest, enteredAt_ms } : rest;
}
