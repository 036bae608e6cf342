import type { TicketPublicKey } from './ticket.ts';

/** Bitcoin's alphabet of base58, as multiformats name it `base58btc`. */
const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** A multihash of the kind `identity` and 36 bytes; in it libp2p's PublicKey: type 1 (Ed25519), 32 bytes. */
const prefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] as const;

/** The id by which libp2p knows the holder of an Ed25519 key (libp2p specs, peer-ids): `12D3KooW…`. */
export function peerIdOf(key: TicketPublicKey): string {
  return base58([...prefix, ...bytesOf(key.x)]);
}

function bytesOf(base64url: string): number[] {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Array.from(text, (char) => char.charCodeAt(0));
}

function base58(bytes: readonly number[]): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let digits = '';
  while (number > 0n) {
    digits = `${alphabet[Number(number % 58n)]}${digits}`;
    number /= 58n;
  }
  // Zeros in front count for nothing in a number: each is a digit of its own.
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + digits;
}
