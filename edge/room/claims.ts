import type {
  Leavings,
  Presence,
  ProvableFacts,
  ProvableUser,
  RoomUser,
} from '../../protocol/contracts/node-edge.ts';
import type { RoomFacts, StreamFact } from '../../protocol/directory.ts';
import type { Claim, Entry } from '../../protocol/entry.ts';
import { numberedStreamId } from '../../protocol/ids.ts';

/** Whether the edge sent that client to this node then, for this room. */
export type IsProven = (entry: Entry) => Promise<boolean>;

/** The clients that left for good, among those that the edge had sent to that node. */
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
 * What a node says of its streams, without the times at which their clients entered where they are not proven, and without numbers
 * from which their ids do not follow: a claim without them wins over none that has them. The proofs stay here.
 */
export async function factsBy(isProven: IsProven, facts: ProvableFacts): Promise<RoomFacts> {
  const streams: StreamFact[] = [];
  for (const { number, ...stream } of facts.streams) {
    const proven = await claimBy(isProven, stream);
    streams.push((await isOwn(stream, number)) ? { ...proven, number } : proven);
  }
  return { ...facts, streams };
}

/** The same of those who came; who left and was not sent there has not left. */
export async function presenceBy(
  isProven: IsProven,
  { left, ...presence }: Presence,
): Promise<ProvenPresence> {
  const came: RoomUser[] = [];
  for (const user of presence.came) {
    came.push(await claimBy(isProven, user));
  }
  const leavings = left === undefined ? {} : { left: await leavingsBy(isProven, left) };
  return { ...presence, came, ...leavings };
}

export async function leavingsBy(isProven: IsProven, left: Leavings): Promise<ProvenLeavings> {
  const clients: Claim[] = [];
  for (const entry of left.clients) {
    if (await isProven(entry)) {
      clients.push({ clientId: entry.clientId, enteredAt_ms: entry.enteredAt_ms });
    }
  }
  return { ...left, clients };
}

type Provable = Pick<ProvableUser, 'clientId' | 'enteredAt_ms' | 'proof'>;

async function claimBy<T extends Provable>(
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

async function isOwn(
  { clientId, streamId }: { clientId: string; streamId: string },
  number: number | undefined,
): Promise<boolean> {
  return number !== undefined && (await numberedStreamId(clientId, number)) === streamId;
}
