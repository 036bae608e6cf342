import type { JWK, JWTPayload, JWTVerifyOptions } from 'jose';
import { errors, jwtVerify } from 'jose';
import { hmac, toBase64Url } from './bytes.ts';

/**
 * What a JWT (RFC 7519) says that is signed with any of these keys, all of one kind: while a key is being changed
 * there are two. Throws as jose does, by the key that made the signature where one did.
 */
export async function verifyJwt(
  keys: readonly (JWK | Uint8Array)[],
  text: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let refusal: unknown = new errors.JWSSignatureVerificationFailed(
    'there is no key to check it with',
  );
  for (const key of keys) {
    try {
      return (await jwtVerify(text, key, options)).payload;
    } catch (thrown) {
      if (!(thrown instanceof errors.JWSSignatureVerificationFailed)) {
        throw thrown;
      }
      refusal = thrown;
    }
  }
  throw refusal;
}

type Claims = Readonly<Record<string, unknown>>;

/** By type, of which there are a few. */
const headers = new Map<string, string>();

/**
 * A compact JWT (RFC 7515, section 3.1) with HMAC-SHA256, for what is made at every join: jose's builder is for all
 * algorithms and all claims, and takes longer than the signature itself. Who has the secret can check it, and make others.
 */
export async function signHs256Jwt(secret: string, typ: string, claims: Claims): Promise<string> {
  const header = headers.get(typ) ?? toBase64Url(JSON.stringify({ alg: 'HS256', typ }));
  headers.set(typ, header);
  const text = `${header}.${toBase64Url(JSON.stringify(claims))}`;
  return `${text}.${toBase64Url(await hmac('SHA-256', secret, text))}`;
}
