import { hmac, toBase64Url, utf8Now } from './bytes.ts';

/*
 * Makes compact JWTs (RFC 7519; RFC 7515, section 3.1) for what is made at every join; jose checks them.
 * Its builder is for all algorithms and all claims, and takes longer than the signature itself.
 */

/** An Ed25519 private key as a JWK (RFC 8037). */
interface Ed25519Key {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
}

/** As the platform keeps them: to import a key costs more than to sign with it. */
const imported = new WeakMap<Ed25519Key, Awaited<ReturnType<typeof importKey>>>();

function importKey(key: Ed25519Key) {
  return crypto.subtle.importKey('jwk', { ...key }, 'Ed25519', false, ['sign']);
}

async function importAnew(key: Ed25519Key): ReturnType<typeof importKey> {
  const made = await importKey(key);
  imported.set(key, made);
  return made;
}

/** With an Ed25519 key: whoever has the public one can check it. */
export async function signEdDsaJwt(key: Ed25519Key, type: string, claims: Claims): Promise<string> {
  const text = unsigned('EdDSA', type, claims);
  const signer = imported.get(key) ?? (await importAnew(key));
  const signature = await crypto.subtle.sign('Ed25519', signer, utf8Now(text));
  return `${text}.${toBase64Url(new Uint8Array(signature))}`;
}

/** With HMAC-SHA256, at a third of the cost: who has the secret can check it, and make others. */
export async function signHs256Jwt(secret: string, type: string, claims: Claims): Promise<string> {
  const text = unsigned('HS256', type, claims);
  return `${text}.${toBase64Url(await hmac('SHA-256', secret, text))}`;
}

type Claims = Readonly<Record<string, unknown>>;

/** By algorithm, and by type, of which there are a few. */
const headers = { EdDSA: new Map<string, string>(), HS256: new Map<string, string>() };

function unsigned(alg: keyof typeof headers, typ: string, claims: Claims): string {
  const known = headers[alg].get(typ);
  const header = known ?? toBase64Url(JSON.stringify({ alg, typ }));
  if (known === undefined) {
    headers[alg].set(typ, header);
  }
  return `${header}.${toBase64Url(JSON.stringify(claims))}`;
}
