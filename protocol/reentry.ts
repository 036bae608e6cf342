import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { RizomaError } from './errors.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { Place } from './place.ts';
import type { TicketPrivateKey, TicketPublicKey } from './ticket.ts';
import { Ticket } from './ticket.ts';
import { RegionPin } from './token.ts';

/**
 * What lets a participant in again whose controller is lost: the edge signs it at the join, for this one
 * client id, and the client keeps it to itself. The room keeps nothing of it.
 */
export const Reentry = v.object({
  clientId: Ticket.entries.clientId,
  roomId: Ticket.entries.roomId,
  userName: Ticket.entries.userName,
  role: Ticket.entries.role,
  pin: RegionPin,
  /** Where the app says that the participant is. */
  place: v.optional(Place),
  /** Of the room at the join; a room that revokes its tokens begins another one. */
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  joinedAt_ms: Ticket.entries.joinedAt_ms,
});

export type Reentry = v.InferOutput<typeof Reentry>;

const type = 'rizoma-reentry+jwt';

/** An Ed25519 JWT, good for `limits.reentry_ttl_s` after the join, however often it is used. */
export function signReentry(key: TicketPrivateKey, reentry: Reentry): Promise<string> {
  const { clientId, ...claims } = reentry;
  const joinedAt_s = Math.floor(reentry.joinedAt_ms / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: type })
    .setSubject(clientId)
    .setIssuedAt(joinedAt_s)
    .setExpirationTime(joinedAt_s + limits.reentry_ttl_s)
    .sign({ ...key });
}

/** Checks signature and expiry. Throws `token_forged` or `token_expired`. */
export async function checkReentry(
  key: TicketPublicKey,
  text: string,
  now_ms: number,
): Promise<Reentry> {
  try {
    const { payload } = await jwtVerify(
      text.slice(0, limits.reentry_chars),
      { ...key },
      { algorithms: ['EdDSA'], typ: type, currentDate: new Date(now_ms) },
    );
    return parse(Reentry, { ...payload, clientId: payload.sub }, 're-entry', 'token_forged');
  } catch (thrown) {
    if (thrown instanceof RizomaError) {
      throw thrown;
    }
    throw thrown instanceof errors.JWTExpired
      ? new RizomaError('token_expired', 'you joined too long ago: join with another token')
      : new RizomaError('token_forged', 'the signature of the re-entry is not that of the edge');
  }
}
