import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Encoded media that endpoints send again and again; `test/fixtures/media/make.ts` says what is in it. */

/** Pictures of one size: any number of `deltas`, in any order, may follow a key frame. */
export interface PictureClip {
  readonly key: Buffer;
  readonly deltas: readonly Buffer[];
}

const folder = resolve(import.meta.dirname, '../../fixtures/media');

const loaded = new Map<string, PictureClip>();
let packets: readonly Buffer[] | undefined;

/** Pictures of that width: 320 or 640. */
export function picturesOf(width: 320 | 640): PictureClip {
  const name = `vp8-${width}.ivf`;
  const known = loaded.get(name) ?? readIvf(readFileSync(join(folder, name)));
  loaded.set(name, known);
  return known;
}

/** Packets of Opus, 20 ms each. */
export function opusPackets(): readonly Buffer[] {
  // The first two packets of Ogg say what the others are (RFC 7845, section 3).
  packets ??= readOgg(readFileSync(join(folder, 'opus.ogg'))).slice(2);
  return packets;
}

/** A file header of 32 bytes, and before each frame one of 12 that begins with its length. */
function readIvf(file: Buffer): PictureClip {
  const frames: Buffer[] = [];
  for (let at = 32; at + 12 <= file.length;) {
    const end = at + 12 + file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, end));
    at = end;
  }
  const [key, ...deltas] = frames;
  if (key === undefined) {
    throw new Error('there is no frame in the file');
  }
  return { key, deltas };
}

/** Packets in the segments of pages; one goes on while its segments have 255 bytes (RFC 3533, section 6). */
function readOgg(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at + 27 <= file.length;) {
    const segments = file[at + 26] ?? 0;
    const lengths = file.subarray(at + 27, at + 27 + segments);
    at += 27 + segments;
    for (const length of lengths) {
      parts.push(file.subarray(at, at + length));
      at += length;
      if (length < 255) {
        found.push(Buffer.concat(parts));
        parts = [];
      }
    }
  }
  return found;
}
