import type { JWTPayload } from 'jose';
import { decodeJwt, decodeProtectedHeader, errors } from 'jose';
import * as v from 'valibot';
import { utf8 } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { ServiceId } from './ids.ts';
import { verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { ScopeClaim } from './scope.ts';

/** Escapes of JSON can be half of a pair, which is no character. */
const name = v.pipe(
  v.string(),
  v.maxLength(limits.name_chars),
  v.transform((text) => text.toWellFormed()),
);
const time_s = v.pipe(v.number(), v.minValue(0));

/** What a JWT of a service says: by whom it is signed, until when it is good, and for which user. */
const Claims = v.object({
  iss: ServiceId,
  exp: time_s,
  iat: v.optional(time_s),
  nbf: v.optional(time_s),
  /** With it the JWT is good for one request, without it for as many as come until `exp`. */
  jti: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(128))),
  /** Who of the app asks, for the log of changes. */
  sub: v.optional(name),
  /** The user of a token that is asked for, as `mauth_username` and `mauth_role`. */
  username: v.optional(name),
  role: v.optional(name),
  /** What it is limited to; it is good for all where it does not say. */
  scope: v.optional(ScopeClaim),
});

/** With the `kid` of the header, by which an app tells its keys apart; it chooses no key here. */
export type ServiceClaims = v.InferOutput<typeof Claims> & { readonly kid?: string };

/** The challenge of a refused request (RFC 6750, section 3). */
export const bearerChallenge = 'Bearer realm="rizoma"';

/** The service that a JWT says it is of; nothing is checked yet. Throws `unauthorized`. */
export function serviceOfJwt(text: string): string {
  let payload: JWTPayload;
  try {
    payload = decodeJwt(text);
  } catch {
    throw new RizomaError('unauthorized', 'what follows Bearer is not a JWT');
  }
  return parse(ServiceId, payload.iss, 'JWT iss', 'unauthorized');
}

/**
 * Checks signature and times of a JWT (RFC 7519) with a service's keys: HS256 alone, whatever its header
 * says, with the skew that signatures may have. Throws `unauthorized`. That one with a `jti` is used once
 * is for the caller to see to.
 */
export async function checkServiceJwt(
  keys: readonly string[],
  text: string,
  now_ms: number,
): Promise<ServiceClaims> {
  const { clockSkew_s, serviceJwt_ttl_s, onceJwt_ttl_s } = limits;
  let payload: JWTPayload;
  let kid: string | undefined;
  try {
    payload = await verifyJwt(keys.map(utf8), text, {
      algorithms: ['HS256'],
      requiredClaims: ['iss', 'exp'],
      currentDate: new Date(now_ms),
      clockTolerance: clockSkew_s,
    });
    ({ kid } = decodeProtectedHeader(text));
  } catch (thrown) {
    throw new RizomaError('unauthorized', whatIsWrong(thrown));
  }
  const claims = parse(Claims, payload, 'JWT', 'unauthorized');
  const now_s = now_ms / 1000;
  if ((claims.iat ?? 0) > now_s + clockSkew_s) {
    throw new RizomaError('unauthorized', 'the JWT is of the future: set the clock of the caller');
  }
  const ttl_s = claims.jti === undefined ? serviceJwt_ttl_s : onceJwt_ttl_s;
  if (claims.exp > now_s + ttl_s) {
    const which = claims.jti === undefined ? 'without' : 'with';
    throw new RizomaError(
      'unauthorized',
      `the exp of a JWT ${which} jti is at most ${ttl_s} s from now`,
    );
  }
  return v.is(name, kid) ? { ...claims, kid } : claims;
}

/** Times and claims are looked at once the signature is right: who hears of them has the key. */
function whatIsWrong(thrown: unknown): string {
  if (thrown instanceof errors.JWTExpired) {
    return 'the JWT has expired: sign another one';
  }
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    return `the JWT is not good: ${thrown.message}`;
  }
  return 'the JWT is not signed with HS256 and the key of its service';
}
