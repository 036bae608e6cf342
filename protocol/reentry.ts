import { errors } from 'jose';
import * as v from 'valibot';
import { utf8 } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { signHs256Jwt, verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { Place } from './place.ts';
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

/** A JWT, good for `limits.reentry_ttl_s` after the join, however often it is used. The edge alone has the secret. */
export function signReentry(secret: string, reentry: Reentry): Promise<string> {
  // Named one by one: what is left of an object would be copied by the runtime, property by property.
  const { clientId: sub, roomId, userName, role, pin, place, epoch, joinedAt_ms } = reentry;
  const iat = Math.floor(joinedAt_ms / 1000);
  const exp = iat + limits.reentry_ttl_s;
  const claims = { roomId, userName, role, pin, place, epoch, joinedAt_ms, sub, iat, exp };
  return signHs256Jwt(secret, type, claims);
}

/** Checks signature and expiry. Throws `token_forged` or `token_expired`. */
export async function checkReentry(
  secrets: readonly string[],
  text: string,
  now_ms: number,
): Promise<Reentry> {
  try {
    const payload = await verifyJwt(secrets.map(utf8), text.slice(0, limits.reentry_chars), {
      algorithms: ['HS256'],
      typ: type,
      currentDate: new Date(now_ms),
    });
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
