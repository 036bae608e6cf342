import * as v from 'valibot';
import { equalInConstantTime, hmac, toBase64Url } from './bytes.ts';
import { ClientId } from './ids.ts';

/** What proves an entry: the first 128 bits of an HMAC-SHA256 (RFC 2104, section 5) as base64url. */
export const EntryProof = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{22}$/, 'is no proof of an entry'),
);

/** When the edge let somebody in, in ms since 1970. */
export const EntryTime = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/**
 * That the edge sent a client to a node for a room at that time. It tells so to that node, which shows it where it says that it
 * has the client: nodes are believed in what they say of clients that were sent to them, and of no others. Under the key of
 * another node it is worth nothing.
 */
export const Entry = v.strictObject({
  clientId: ClientId,
  enteredAt_ms: EntryTime,
  proof: EntryProof,
});
export type Entry = v.InferOutput<typeof Entry>;

/** What is claimed of a client; it counts with the proof. */
export type Claim = Omit<Entry, 'proof'>;

/** The room, and the node to which the client is sent, by its key. */
export interface EntryPlace {
  readonly roomId: string;
  readonly peerId: string;
}

const proof_bytes = 16;

/** Proves an entry, with a key that the edge alone has. */
export async function proofOf(
  key: string,
  { roomId, peerId }: EntryPlace,
  { clientId, enteredAt_ms }: Claim,
): Promise<string> {
  const text = `${roomId} ${peerId} ${clientId} ${enteredAt_ms}`;
  const bytes = await hmac('SHA-256', key, text);
  return toBase64Url(bytes.subarray(0, proof_bytes));
}

/** Under which of the keys the entry is proven, as its index; undefined where under none. */
export async function provenUnder(
  keys: readonly string[],
  place: EntryPlace,
  entry: Entry,
): Promise<number | undefined> {
  const proofs = await Promise.all(keys.map((key) => proofOf(key, place, entry)));
  const index = proofs.findIndex((proof) => equalInConstantTime(proof, entry.proof));
  return index < 0 ? undefined : index;
}
