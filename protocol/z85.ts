/** The 85 characters of Z85, each standing for its place (ZeroMQ RFC 32). */
const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

const values = new Map(Array.from(alphabet, (char, value) => [char, value]));

/** The bytes that a text in Z85 stands for, four for each five characters; undefined where it is none. */
export function decodeZ85(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 5 !== 0) {
    return undefined;
  }
  const view = new DataView(new ArrayBuffer((text.length / 5) * 4));
  for (let at = 0; at < text.length; at += 5) {
    const number = numberOf(text.slice(at, at + 5));
    // Five characters say more than four bytes hold; a character that is none makes it NaN.
    if (!(number <= 0xffff_ffff)) {
      return undefined;
    }
    view.setUint32((at / 5) * 4, number);
  }
  return new Uint8Array(view.buffer);
}

/** Those bytes, a multiple of four, as text. */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const number = view.getUint32(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) {
      text += alphabet.charAt(Math.floor(number / power) % 85);
    }
  }
  return text;
}

function numberOf(five: string): number {
  return Array.from(five).reduce((sum, char) => sum * 85 + (values.get(char) ?? NaN), 0);
}
