import { limits } from './limits.ts';

/** Bytes as text and back, the same in Node, Workers and browsers. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
/** Asked for once: the platform looks for it anew each time. */
const { subtle } = crypto;

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  // Copied, since types of platforms differ in whether the encoder's buffer may be a shared one.
  return new Uint8Array(encoder.encode(text));
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Whether a text has more bytes in UTF-8. A unit of UTF-16 has three at the most, so most texts need no counting. */
export function isLonger(text: string, most_bytes: number): boolean {
  return text.length * 3 > most_bytes && utf8Length(text) > most_bytes;
}

/** Bytes of a value as JSON in UTF-8; 0 for what JSON leaves out. */
export function sizeOf(value: unknown): number {
  return utf8Length(JSON.stringify(value) ?? '');
}

/** Of what is signed: any JWT of ours but one with the longest pins is shorter. A buffer for each text is more to make than to fill. */
const scratch = new Uint8Array(16_384);

/**
 * The bytes of a text for a call that reads them before it returns, as those of Web Crypto do (Web
 * Cryptography, section 14.3.3: "a copy of the bytes"): the next text takes their place.
 */
export function utf8Now(text: string): Uint8Array<ArrayBuffer> {
  // UTF-8 has three bytes at the most for each unit of UTF-16.
  return text.length * 3 > scratch.length
    ? utf8(text)
    : scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) {
    hex += hexOfByte[byte];
  }
  return hex;
}

/** Base64 of the UTF-8 bytes of a text. */
export function toBase64(text: string): string {
  // Nearly all texts are ASCII, which is its own UTF-8.
  return btoa(ascii.test(text) ? text : binaryOf(utf8(text)));
}

const ascii = /^[\0-\x7f]*$/;

/** Bytes where the platform writes them as text itself (ECMAScript 2026), in a third of the time; Node 24 does not. */
interface Writable {
  readonly toBase64?: (options: { alphabet: 'base64url'; omitPadding: boolean }) => string;
}

/** As JWTs have it: without padding (RFC 7515, section 2). */
export function toBase64Url(what: string | Uint8Array): string {
  const bytes: Uint8Array & Writable = typeof what === 'string' ? utf8Now(what) : what;
  if (bytes.toBase64 !== undefined) {
    return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
  }
  const base64 = typeof what === 'string' ? toBase64(what) : btoa(binaryOf(what));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** A character a byte; of tokens and signatures, which are short enough to be arguments. */
function binaryOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The text of a base64 string, or undefined where it is not base64 of UTF-8. */
export function fromBase64(text: string): string | undefined {
  try {
    const binary = atob(text);
    if (ascii.test(binary)) {
      return binary;
    }
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < bytes.length; index += 1) {
      bytes[index] = binary.charCodeAt(index);
    }
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Compares in a time that depends on the lengths alone. */
export function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    // Behind the end of a text there is NaN, which counts as zero here.
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}

const defaults = {
  /** Keys of one process: the services of one isolate, the nodes that it sends clients to, and the deployment's own. */
  keys: limits.members + 256,
} as const;

/** Keys that were used lately, as the platform keeps them: importing one costs more than a signature. */
const imported = { 'SHA-1': new Map<string, HmacKey>(), 'SHA-256': new Map<string, HmacKey>() };
/** Platforms do not agree on whether this type has a name of its own. */
type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function importHmacKey(hash: 'SHA-1' | 'SHA-256', key: string): Promise<HmacKey> {
  const keys = imported[hash];
  const algorithm = { name: 'HMAC', hash };
  const made = await subtle.importKey('raw', utf8(key), algorithm, false, ['sign']);
  keys.set(key, made);
  const [eldest] = keys.keys();
  if (keys.size > defaults.keys && eldest !== undefined) {
    keys.delete(eldest);
  }
  return made;
}

/** HMAC of a text, as bytes. */
export async function hmac(
  hash: 'SHA-1' | 'SHA-256',
  key: string,
  text: string,
): Promise<Uint8Array> {
  const hmacKey = imported[hash].get(key) ?? (await importHmacKey(hash, key));
  return new Uint8Array(await subtle.sign('HMAC', hmacKey, utf8Now(text)));
}

/** Licode's signature of a text: base64 of the hex of HMAC-SHA1. */
export async function licodeSignature(key: string, text: string): Promise<string> {
  return btoa(toHex(await hmac('SHA-1', key, text)));
}
