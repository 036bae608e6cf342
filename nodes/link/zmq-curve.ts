import { curveKeyPair } from 'zeromq';

/** A key pair of ZeroMQ's CURVE, both in Z85 (ZeroMQ RFC 32). */
export interface CurveKeyPair {
  publicKey: string;
  secretKey: string;
}

export function newCurveKeyPair(): CurveKeyPair {
  return curveKeyPair();
}
