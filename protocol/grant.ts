import { decodeJwt, errors, SignJWT } from 'jose';
import * as v from 'valibot';
import { RizomaError } from './errors.ts';
import { Jurisdiction, RoomId, ServiceId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import type { Whereabouts } from './pin.ts';
import { allows, pinWords, RoomRegions } from './pin.ts';
import type { TicketPrivateKey, TicketPublicKey } from './ticket.ts';

const Epoch = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Whose a room is and between which places its media may go: what the edge signs and every process checks alone. */
export const Grant = v.object({
  /** `sub`. */
  roomId: RoomId,
  /** Its recordings are played in rooms of this service alone. */
  serviceId: ServiceId,
  /** Absent where the room has no pin of its own: then all are allowed. */
  regions: v.optional(RoomRegions),
  jurisdiction: v.optional(Jurisdiction),
  /** Grows with each change of the room's pin. */
  epoch: Epoch,
});

export type Grant = v.InferOutput<typeof Grant>;

/** A grant as it travels: a JWT (RFC 7519). Both lists of a pin at their longest are 11 KiB of it. */
export const GrantText = v.pipe(v.string(), v.maxLength(16_384));

const typ = 'rizoma-grant+jwt';

/** Signs a grant, good for `limits.grant_ttl_s`. */
export function signGrant(key: TicketPrivateKey, grant: Grant, now_ms: number): Promise<string> {
  const { roomId, ...claims } = grant;
  const now_s = Math.floor(now_ms / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ })
    .setSubject(roomId)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + limits.grant_ttl_s)
    .sign(joseKey(key));
}

export type CheckedGrant = Grant & { readonly expires_ms: number };

/**
 * Checks signature, expiry, room, and that both ends of a way are inside. Throws `forbidden`, saying
 * what is wrong. Whether there is a newer one is for the caller to know.
 */
export async function checkGrant(
  keys: readonly TicketPublicKey[],
  text: string,
  expected: { roomId: string; ends: readonly Whereabouts[]; now_ms: number },
): Promise<CheckedGrant> {
  const grant = await verified(keys, text, expected.now_ms);
  if (grant.roomId !== expected.roomId) {
    throw new RizomaError('forbidden', `the grant is for another room than ${expected.roomId}`);
  }
  const { regions, jurisdiction } = grant;
  const pin = { ...regions, ...(jurisdiction === undefined ? {} : { jurisdiction }) };
  const outside = expected.ends.find((end) => !allows(pin, end));
  if (outside !== undefined) {
    throw new RizomaError(
      'forbidden',
      `the media of room ${grant.roomId} may not be in ${outside.region} (${pinWords(pin)})`,
    );
  }
  return grant;
}

/** Of two that the edge has given the one to use: after a change of the pin, or else for longer. */
export function newerGrant(held: string | undefined, given: string): string {
  if (held === undefined) {
    return given;
  }
  const [a, b] = [held, given].map((text) => decodeJwt<{ epoch: number }>(text));
  const later = (b?.epoch ?? 0) - (a?.epoch ?? 0) || (b?.exp ?? 0) - (a?.exp ?? 0);
  return later >= 0 ? given : held;
}

async function verified(
  keys: readonly TicketPublicKey[],
  text: string,
  now_ms: number,
): Promise<CheckedGrant> {
  try {
    const payload = await verifyJwt(keys.map(joseKey), text, {
      algorithms: ['EdDSA'],
      typ,
      requiredClaims: ['exp'],
      currentDate: new Date(now_ms),
      clockTolerance: limits.clockSkew_s,
    });
    const grant = parse(Grant, { ...payload, roomId: payload.sub }, 'grant', 'forbidden');
    return { ...grant, expires_ms: ((payload.exp ?? 0) + limits.clockSkew_s) * 1000 };
  } catch (thrown) {
    throw grantError(thrown);
  }
}

function grantError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  const expired = thrown instanceof errors.JWTExpired;
  const words = expired ? 'has expired: enter the room again' : 'is not signed by the edge';
  return new RizomaError('forbidden', `the grant ${words}`);
}
