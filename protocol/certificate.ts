import { decodeJwt, errors, SignJWT } from 'jose';
import * as v from 'valibot';
import { CurveKey } from './curve-key.ts';
import { RizomaError } from './errors.ts';
import { IpAddress, Jurisdiction, NodeId, PeerId, RegionId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { verifyJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import type { Whereabouts } from './pin.ts';
import type { TicketPrivateKey, TicketPublicKey } from './ticket.ts';

/** Which node holds which keys: what the edge signs at enrolment and every node can check alone. */
export const Certificate = v.object({
  /** `sub`. */
  nodeId: NodeId,
  region: RegionId,
  /** Where it stands by law; absent where nobody has said so. */
  jurisdiction: v.optional(Jurisdiction),
  /** Of its Ed25519 key: who it is to libp2p. */
  peerId: PeerId,
  /** Its public key of ZeroMQ's CURVE. */
  curveKey: CurveKey,
  /** Where its media comes from and goes to: a pipe has its end there and nowhere else. */
  mediaIp: IpAddress,
  jti: v.pipe(v.string(), v.uuid()),
  /** `iat` and `exp`, in seconds since the epoch. */
  issued_s: v.pipe(v.number(), v.safeInteger()),
  expires_s: v.pipe(v.number(), v.safeInteger()),
});

export type Certificate = v.InferOutput<typeof Certificate>;

/** What is to be known of a member to speak with it, from its certificate. */
export const MemberKey = v.strictObject({
  nodeId: NodeId,
  region: RegionId,
  jurisdiction: v.optional(Jurisdiction),
  curveKey: CurveKey,
  mediaIp: IpAddress,
  expires_s: v.pipe(v.number(), v.safeInteger()),
});

export type MemberKey = v.InferOutput<typeof MemberKey>;

/** A certificate as it travels: a JWT (RFC 7519). */
export const CertificateText = v.pipe(v.string(), v.maxLength(2_048));

const typ = 'rizoma-node+jwt';

/** Signs a certificate, good for `limits.certificate_ttl_s`. */
export function signCertificate(
  key: TicketPrivateKey,
  certificate: Omit<Certificate, 'issued_s' | 'expires_s'>,
  now_ms: number,
): Promise<string> {
  const { nodeId, jti, ...claims } = certificate;
  const now_s = Math.floor(now_ms / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ })
    .setSubject(nodeId)
    .setJti(jti)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + limits.certificate_ttl_s)
    .sign(joseKey(key));
}

/**
 * Checks signature, with the keys of the edge, expiry and whose it is. Throws `certificate_forged` or `certificate_expired`. Whether
 * its key was revoked is for the caller to see to.
 */
export async function checkCertificate(
  keys: readonly TicketPublicKey[],
  text: string,
  expected: Whereabouts & { nodeId: string; now_ms: number },
): Promise<Certificate> {
  const certificate = await readCertificate(keys, text, expected.now_ms);
  const { nodeId } = certificate;
  if (nodeId !== expected.nodeId || placeWords(certificate) !== placeWords(expected)) {
    throw new RizomaError(
      'certificate_forged',
      `the certificate is of ${nodeId} in ${placeWords(certificate)}, not of ${expected.nodeId} in ` +
        placeWords(expected),
    );
  }
  return certificate;
}

function placeWords({ region, jurisdiction }: Whereabouts): string {
  return `${region}, ${jurisdiction ?? 'no'} jurisdiction`;
}

/** What it says of a key and of its end, for people to read: nothing is checked. */
export function certificateFacts(text: string): { peerId: string; expires: string } {
  const { peerId, exp = 0 } = decodeJwt<{ peerId: string }>(text);
  return { peerId, expires: new Date(exp * 1000).toISOString() };
}

/** The peer id in a certificate of our own making: nothing is checked. */
export function peerIdIn(certificate: string): string {
  return decodeJwt<{ peerId: string }>(certificate).peerId;
}

/** What a certificate says whose signature and expiry are right. Throws as `checkCertificate`. */
export async function readCertificate(
  keys: readonly TicketPublicKey[],
  text: string,
  now_ms: number,
): Promise<Certificate> {
  try {
    const payload = await verifyJwt(keys.map(joseKey), text, {
      algorithms: ['EdDSA'],
      typ,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(now_ms),
      clockTolerance: limits.clockSkew_s,
    });
    const { sub: nodeId, iat: issued_s, exp: expires_s } = payload;
    const fields = { ...payload, nodeId, issued_s, expires_s };
    return parse(Certificate, fields, 'certificate', 'certificate_forged');
  } catch (thrown) {
    throw certificateError(thrown);
  }
}

function certificateError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  if (thrown instanceof errors.JWTExpired) {
    return new RizomaError('certificate_expired', 'the certificate has expired: register again');
  }
  return new RizomaError(
    'certificate_forged',
    'the signature of the certificate is not that of the edge',
  );
}
