import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  timingSafeEqual,
} from 'node:crypto';
import { decodeZ85 } from '../../protocol/z85.ts';
import type { CurveKeyPair } from './zmq-curve.ts';

/** What one process says to another at the beginning of a link. */
export interface Said {
  /** The public keys of who dialled and of who listens, in Z85. */
  dialler: string;
  listener: string;
  /** Names the connection at the listener's ROUTER socket. */
  routingId: string;
  hello: string;
}

/**
 * Shows that this link is of the holder of that CURVE key. CURVE keeps others out, but a ROUTER socket
 * does not tell which key a message came under: so the first one is signed with what only the two
 * holders can compute, for this connection alone. Throws where the other key is none.
 */
export function proofOf(own: CurveKeyPair, said: Said): Buffer {
  const other = own.publicKey === said.dialler ? said.listener : said.dialler;
  return createHmac('sha256', sharedSecret(own, other)).update(JSON.stringify(said)).digest();
}

/** In constant time. Nothing proves anything under a key with which no secret can be shared. */
export function isProof(proof: Buffer, own: CurveKeyPair, said: Said): boolean {
  let expected: Buffer;
  try {
    expected = proofOf(own, said);
  } catch {
    return false;
  }
  return proof.length === expected.length && timingSafeEqual(proof, expected);
}

/** X25519 (RFC 7748), of which CURVE's keys are. */
function sharedSecret(own: CurveKeyPair, other: string): Buffer {
  const kind = { kty: 'OKP', crv: 'X25519' };
  const x = (key: string): string => Buffer.from(decodeZ85(key) ?? []).toString('base64url');
  const secret = { ...kind, x: x(own.publicKey), d: x(own.secretKey) };
  return diffieHellman({
    privateKey: createPrivateKey({ key: secret, format: 'jwk' }),
    publicKey: createPublicKey({ key: { ...kind, x: x(other) }, format: 'jwk' }),
  });
}
