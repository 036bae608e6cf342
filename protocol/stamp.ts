import { decodeJwt, errors } from 'jose';
import * as v from 'valibot';
import { utf8 } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { NodeId, PeerId } from './ids.ts';
import { signHs256Jwt, verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { Ticket } from './ticket.ts';

/**
 * That a client was in its room a moment ago: its controller signs it from time to time, the client keeps it,
 * and shows it beside its re-entry when that controller is lost.
 */
export const Stamp = v.object({
  clientId: Ticket.entries.clientId,
  roomId: Ticket.entries.roomId,
  /** When the ticket was made with which it came to that controller: who left it has left with all stamps of it. */
  enteredAt_ms: Ticket.entries.issuedAt_ms,
  /** By the clock of the node. */
  presentAt_s: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

export type Stamp = v.InferOutput<typeof Stamp>;

/** The node that signs, by which the edge finds the secret that they share (`ticketSecretOf`). */
export const StampSigner = v.object({ nodeId: NodeId, peerId: PeerId });
export type StampSigner = v.InferOutput<typeof StampSigner>;

const type = 'rizoma-stamp+jwt';

/** Signs with the secret that the node shares with the edge; good for `limits.absence_ttl_s`. */
export function signStamp(secret: string, signer: StampSigner, stamp: Stamp): Promise<string> {
  const { clientId: sub, roomId, enteredAt_ms, presentAt_s: iat } = stamp;
  const { nodeId: iss, peerId } = signer;
  const exp = iat + limits.absence_ttl_s;
  return signHs256Jwt(secret, type, { roomId, enteredAt_ms, peerId, iss, sub, iat, exp });
}

/** The node that a stamp says it is of; nothing is checked yet. Throws `token_forged`. */
export function signerOfStamp(text: string): StampSigner {
  let payload: { iss?: string; peerId?: unknown };
  try {
    payload = decodeJwt(text);
  } catch {
    throw new RizomaError('token_forged', 'what should be a stamp is none');
  }
  const { iss: nodeId, peerId } = payload;
  return parse(StampSigner, { nodeId, peerId }, 'stamp', 'token_forged');
}

/**
 * Checks the signature, and that it is of that client. Undefined where it has expired: it says nothing any more.
 * Throws `token_forged`, for one of the future too.
 */
export async function checkStamp(
  secrets: readonly string[],
  text: string,
  expected: { clientId: string; roomId: string; now_ms: number },
): Promise<Stamp | undefined> {
  try {
    const payload = await verifyJwt(secrets.map(utf8), text, {
      algorithms: ['HS256'],
      typ: type,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(expected.now_ms),
    });
    const { sub: clientId, iat: presentAt_s } = payload;
    const stamp = parse(Stamp, { ...payload, clientId, presentAt_s }, 'stamp', 'token_forged');
    const isOfAnother = clientId !== expected.clientId || stamp.roomId !== expected.roomId;
    if (isOfAnother || stamp.presentAt_s > expected.now_ms / 1000 + limits.clockSkew_s) {
      throw new RizomaError('token_forged', 'the stamp is of another client, or of the future');
    }
    return stamp;
  } catch (thrown) {
    if (thrown instanceof errors.JWTExpired) {
      return undefined;
    }
    throw thrown instanceof RizomaError
      ? thrown
      : new RizomaError('token_forged', 'the signature of the stamp is not that of a node');
  }
}
