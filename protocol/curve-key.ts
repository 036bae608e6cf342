import * as v from 'valibot';
import { toHex } from './bytes.ts';
import { decodeZ85 } from './z85.ts';

/** Of 32 bytes. */
const key_chars = 40;

/** Points with which every key shares the same secret, which is no secret (RFC 7748, section 6.1), as little-endian hex. */
const lowOrder: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** 2^255 - 19 and more: X25519 takes these for smaller numbers, and a key would have two texts. */
const notReduced = /^(?:e[d-f]|f[0-9a-f])(?:ff){30}7f$/;

/** A secret key of ZeroMQ's CURVE: any 32 bytes, in Z85 (ZeroMQ RFC 32). */
export const CurveSecret = v.pipe(
  v.string(),
  v.check((text) => bytesOf(text) !== undefined, 'not 32 bytes in Z85'),
);

/** A public key of ZeroMQ's CURVE in Z85 with which a secret can be shared. */
export const CurveKey = v.pipe(v.string(), v.check(isPublicKey, 'not a public CURVE key in Z85'));

/** What a node or a process has of them. */
export const CurveKeys = v.strictObject({ publicKey: CurveKey, secretKey: CurveSecret });

function bytesOf(text: string): Uint8Array | undefined {
  return text.length === key_chars ? decodeZ85(text) : undefined;
}

function isPublicKey(text: string): boolean {
  const bytes = bytesOf(text);
  if (bytes === undefined || (bytes.at(-1) ?? 0) > 0x7f) {
    return false;
  }
  const hex = toHex(bytes);
  return !lowOrder.has(hex) && !notReduced.test(hex);
}
