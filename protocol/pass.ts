import { errors, SignJWT } from 'jose';
import * as v from 'valibot';
import { RizomaError } from './errors.ts';
import { TokenId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { Place } from './place.ts';
import type { TicketPrivateKey, TicketPublicKey } from './ticket.ts';
import { Ticket } from './ticket.ts';
import { RegionPin } from './token.ts';

/**
 * What a token says that is good for any number of participants until it expires: the edge signs it,
 * and checks it without the room, which keeps nothing of it but the epoch.
 */
export const Pass = v.object({
  /** Of the token that it rides on (`jti`); it tells the room. */
  tokenId: TokenId,
  userName: Ticket.entries.userName,
  role: Ticket.entries.role,
  pin: RegionPin,
  /** Where the app says that the participants are. */
  place: v.optional(Place),
  /** Of the room; a room that revokes its tokens begins another one. */
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

export type Pass = v.InferOutput<typeof Pass>;

const type = 'rizoma-pass+jwt';

/** An Ed25519 JWT, good from now on for that many seconds. */
export function signPass(
  key: TicketPrivateKey,
  pass: Pass,
  when: { now_ms: number; ttl_s: number },
): Promise<string> {
  const { tokenId, ...claims } = pass;
  const now_s = Math.floor(when.now_ms / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: type })
    .setJti(tokenId)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + when.ttl_s)
    .sign(joseKey(key));
}

/** Checks signature and expiry. Throws `token_forged` or `token_expired`. */
export async function checkPass(
  keys: readonly TicketPublicKey[],
  text: string,
  now_ms: number,
): Promise<Pass> {
  try {
    const payload = await verifyJwt(keys.map(joseKey), text.slice(0, limits.token_chars), {
      algorithms: ['EdDSA'],
      typ: type,
      currentDate: new Date(now_ms),
    });
    return parse(Pass, { ...payload, tokenId: payload.jti }, 'pass', 'token_forged');
  } catch (thrown) {
    if (thrown instanceof RizomaError) {
      throw thrown;
    }
    throw thrown instanceof errors.JWTExpired
      ? new RizomaError('token_expired', 'the pass has expired: ask the app for another one')
      : new RizomaError('token_forged', 'the signature of the pass is not that of the edge');
  }
}
