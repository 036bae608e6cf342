import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { NodeCard, NodeLoad } from './contracts/node-edge.ts';
import { RizomaError } from './errors.ts';
import { NodeId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { peerIdOf } from './peer-id.ts';
import type { TicketPrivateKey } from './ticket.ts';
import { publicTicketKey, TicketPublicKey } from './ticket.ts';

/** When a node said it, by its own clock, in ms since the epoch; of two cards the later one counts. */
export const SaidAt = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** So much of how busy a node is as others go by, and the ways that it measured. */
export const SaidLoad = v.object({
  state: NodeLoad.entries.state,
  rtts_ms: NodeLoad.entries.rtts_ms,
});

export type SaidLoad = v.InferOutput<typeof SaidLoad>;

/** What a node says of itself to other nodes, signed with its Ed25519 key. */
const Said = v.object({
  card: NodeCard,
  load: v.optional(SaidLoad),
  said_ms: SaidAt,
  /** When it first said so, or last had to speak up: what was only said again is no news. */
  since_ms: SaidAt,
  /** The node ends. */
  gone: v.boolean(),
  key: TicketPublicKey,
});

export interface SaidCard {
  readonly card: NodeCard;
  readonly load?: SaidLoad | undefined;
  readonly said_ms: number;
  readonly since_ms: number;
  readonly gone: boolean;
  /** Of the key that signed it. */
  readonly peerId: string;
}

/** As it travels: a JWT (RFC 7519). */
export const SaidCardText = v.pipe(v.string(), v.maxLength(limits.saidCard_chars));

const typ = 'rizoma-card+jwt';

/** Signs what a node says of itself. */
export function signCard(key: TicketPrivateKey, said: Omit<SaidCard, 'peerId'>): Promise<string> {
  return new SignJWT({ ...said, key: publicTicketKey(key) })
    .setProtectedHeader({ alg: 'EdDSA', typ })
    .sign(joseKey(key));
}

/** Of whom it is and when it was said, so far as it says so: nothing is checked. Throws `bad_request`. */
export function peekCard(text: string): { nodeId: string; said_ms: number } {
  const Peek = v.object({ card: v.object({ nodeId: NodeId }), said_ms: SaidAt });
  const { card, said_ms } = parse(Peek, decoded(text), 'said card');
  return { nodeId: card.nodeId, said_ms };
}

/**
 * Checks that it was said by whoever holds the key that it names, and lately: throws `forbidden` else, and
 * `bad_request` for what is no card. Whether that key is the node's is for the certificate to say.
 */
export async function readCard(text: string, now_ms: number): Promise<SaidCard> {
  const { key, ...said } = parse(Said, decoded(text), 'said card');
  const { card, said_ms } = said;
  if (said_ms > now_ms + limits.clockSkew_s * 1000) {
    throw new RizomaError(
      'forbidden',
      `the card of ${card.nodeId} is of the future: set its clock`,
    );
  }
  if (isOld(said_ms, now_ms)) {
    throw new RizomaError('forbidden', `the card of ${card.nodeId} was said too long ago`);
  }
  try {
    await jwtVerify(text, joseKey(key), { algorithms: ['EdDSA'], typ });
  } catch {
    throw new RizomaError('forbidden', `the card of ${card.nodeId} is not signed by its key`);
  }
  return { ...said, peerId: peerIdOf(key) };
}

/** Whether what was said then is good no longer. */
export function isOld(said_ms: number, now_ms: number): boolean {
  return said_ms + (limits.saidCard_ttl_s + limits.clockSkew_s) * 1000 < now_ms;
}

function decoded(text: string): unknown {
  try {
    return decodeJwt(text);
  } catch {
    throw new RizomaError('bad_request', 'what should be a card is none');
  }
}
