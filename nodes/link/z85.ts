const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** The bytes that a key in Z85 stands for (ZeroMQ RFC 32): four for each five characters. */
export function decodeZ85(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) {
    const digits = Array.from(text.slice(at, at + 5), (char) => alphabet.indexOf(char));
    bytes.writeUInt32BE(
      digits.reduce((sum, digit) => sum * 85 + digit, 0),
      (at / 5) * 4,
    );
  }
  return bytes;
}

/** Those bytes, a multiple of four, as text. */
export function encodeZ85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const number = bytes.readUInt32BE(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) {
      text += alphabet.charAt(Math.floor(number / power) % 85);
    }
  }
  return text;
}
