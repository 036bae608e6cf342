import { describe, expect, it, vi } from 'vitest';
import { FrameReader } from '../../../nodes/mesh/frame-reader.ts';
import { limits } from '../../../protocol/limits.ts';

function framed(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const body = Buffer.from(text);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(body.length);
      return [head, body];
    }),
  );
}

/** What comes of the bytes in pieces of that size. */
function readAll(bytes: Buffer, piece_bytes: number): string[] {
  const reader = new FrameReader();
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; at += piece_bytes) {
    frames.push(...reader.read(bytes.subarray(at, at + piece_bytes)));
  }
  return frames;
}

/** Bytes that were copied from one buffer to another until `count` is called, whichever way. */
function countCopies(): () => number {
  let copied = 0;
  const arrays: Uint8Array = Object.getPrototypeOf(Uint8Array.prototype);
  const { concat } = Buffer;
  const { set } = arrays;
  const { copy } = Buffer.prototype;
  vi.spyOn(Buffer, 'concat').mockImplementation((list, ...rest) => {
    const joined = concat(list, ...rest);
    copied += joined.length;
    return joined;
  });
  vi.spyOn(arrays, 'set').mockImplementation(function count(this: Uint8Array, from, at) {
    copied += from.length;
    set.call(this, from, at);
  });
  vi.spyOn(Buffer.prototype, 'copy').mockImplementation(function count(this: Buffer, ...to) {
    const bytes = copy.apply(this, to);
    copied += bytes;
    return bytes;
  });
  return () => {
    vi.restoreAllMocks();
    return copied;
  };
}

describe('frames that come in pieces', () => {
  it.each([1, 2, 3, 5, 64, 1_000])('of %i bytes are what was sent', (piece_bytes) => {
    const texts = ['', 'short', 'ä'.repeat(700), 'x'.repeat(100_000), 'last'];
    expect(readAll(framed(...texts), piece_bytes)).toEqual(texts);
  });

  it('are read in any number at once, and nothing before it is whole', () => {
    const reader = new FrameReader();
    const bytes = framed('one', 'two', 'three');
    expect(reader.read(bytes.subarray(0, -1))).toEqual(['one', 'two']);
    expect(reader.read(bytes.subarray(-1))).toEqual(['three']);
  });

  it.each([16, 128, 65_536])(
    'of %i bytes cost no more than a few copies of each byte',
    (piece_bytes) => {
      const bytes = framed('x'.repeat(limits.frameSize_bytes), 'and another one');
      const copied = countCopies();
      const frames = readAll(bytes, piece_bytes);
      expect(copied()).toBeLessThan(4 * bytes.length);
      expect(frames).toHaveLength(2);
    },
  );

  it('are refused where one is longer than a frame may be', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(limits.frameSize_bytes + 1);
    expect(() => new FrameReader().read(head)).toThrow('a frame over');
  });
});
