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
 * That the edge let a client into a room at that time. It tells so to the node to which it sends the client, and a node that
 * says that it has the client shows it: nodes are believed in what they say of clients that were sent to them, and of no others.
 */
export const Entry = v.strictObject({
  clientId: ClientId,
  enteredAt_ms: EntryTime,
  proof: EntryProof,
});
export type Entry = v.InferOutput<typeof Entry>;

/** What is claimed of a client; it counts with the proof. */
export type Claim = Omit<Entry, 'proof'>;

const proof_bytes = 16;

/** Proves an entry, with a key that the edge alone has. */
export async function proofOf(
  key: string,
  roomId: string,
  { clientId, enteredAt_ms }: Claim,
): Promise<string> {
  const bytes = await hmac('SHA-256', key, `${roomId} ${clientId} ${enteredAt_ms}`);
  return toBase64Url(bytes.subarray(0, proof_bytes));
}

/** Under which of the keys the entry is proven, as its index; undefined where under none. */
export async function provenUnder(
  keys: readonly string[],
  roomId: string,
  entry: Entry,
): Promise<number | undefined> {
  const proofs = await Promise.all(keys.map((key) => proofOf(key, roomId, entry)));
  const index = proofs.findIndex((proof) => equalInConstantTime(proof, entry.proof));
  return index < 0 ? undefined : index;
}
