import { SignJWT } from 'jose';
import { utf8 } from '../../protocol/bytes.ts';
import { newUuid } from '../../protocol/ids.ts';
import { mauthHeader } from '../../protocol/mauth.ts';

/** The id and the key of a service. */
export interface Service {
  readonly id: string;
  readonly key: string;
}

/** Whom a token is for. */
export interface User {
  readonly userName: string;
  readonly role: string;
}

const defaults = {
  /** A JWT is sent at once; this leaves room for a slow network and a skewed clock. */
  jwt_ttl_s: 60,
} as const;

/**
 * The `Authorization` header of one request, good once. Licode's MAuth; but its fields stand between
 * commas, bare, in a header, so that a user whose name does not fit in is named in a JWT instead.
 */
export async function authorizationOf(
  service: Service,
  user: User | undefined,
  now_ms: number,
): Promise<string> {
  const { id: serviceid, key } = service;
  if (user === undefined) {
    return await mauthHeader(key, { serviceid, ...once(now_ms) });
  }
  const { userName: username, role } = user;
  if (fits(username) && fits(role)) {
    return await mauthHeader(key, { serviceid, username, role, ...once(now_ms) });
  }
  const now_s = Math.floor(now_ms / 1_000);
  const jwt = new SignJWT({ username, role })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(serviceid)
    .setJti(newUuid())
    .setExpirationTime(now_s + defaults.jwt_ttl_s);
  return `Bearer ${await jwt.sign(utf8(key))}`;
}

function once(now_ms: number): { timestamp: string; cnonce: string } {
  return { timestamp: String(now_ms), cnonce: newUuid() };
}

/** Whether a text comes out of a MAuth header as it went in: ASCII, no comma, no space at an end. */
function fits(text: string): boolean {
  return /^[!-+\--~](?:[ -+\--~]*[!-+\--~])?$/.test(text);
}
