import { describe, expect, it } from 'vitest';
import { Measured, wishOfSize } from '../../../../nodes/erizo/pictures/measured.ts';
import { newsOf } from '../../../../nodes/erizo/pictures/packet.ts';

/** An RTP packet of SSRC 7 and the time 900 (RFC 3550, section 5.1), with what comes before its payload. */
function rtp(payload: readonly number[], head: { first?: number; more?: readonly number[] } = {}) {
  const { first = 0x80, more = [] } = head;
  return Buffer.from([first, 96, 0, 1, 0, 0, 3, 132, 0, 0, 0, 7, ...more, ...payload]);
}

/** The first bytes of a VP8 key frame of 640 by 360 (RFC 6386, section 9.1). */
const vp8Key = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

describe('a packet of VP8', () => {
  it('tells the size of a key frame, with and without a descriptor that is longer', () => {
    const told = { ssrc: 7, timestamp: 900, temporal: 0, sizes: [{ width: 640, height: 360 }] };
    expect(newsOf('video/VP8', rtp([0x10, ...vp8Key]))).toEqual(told);
    const long = [0x90, 0xe0, 0x81, 0x02, 3, 0x80];
    expect(newsOf('video/VP8', rtp([...long, ...vp8Key]))).toEqual({ ...told, temporal: 2 });
    const short = [0x90, 0x80, 0x11];
    expect(newsOf('video/VP8', rtp([...short, ...vp8Key]))).toEqual(told);
  });

  it('is read behind sources, extensions and before padding', () => {
    const head = { first: 0xb1, more: [0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4] };
    const packet = rtp([0x10, ...vp8Key, 0, 0, 3], head);
    expect(newsOf('video/VP8', packet)?.sizes).toEqual([{ width: 640, height: 360 }]);
  });

  it('tells no size that is none: of other frames, later packets, and what is cut short', () => {
    const inter = [0x10, 0x11, ...vp8Key.slice(1)];
    const later = [0x00, ...vp8Key];
    const noStart = [0x10, 0x10, 0, 0, 1, 2, 3, ...vp8Key.slice(6)];
    for (const payload of [inter, later, noStart, [0x10, ...vp8Key.slice(0, 8)], [0x90]]) {
      expect(newsOf('video/VP8', rtp(payload))?.sizes).toEqual([]);
    }
    expect(newsOf('video/VP8', rtp([]))).toBeUndefined();
    expect(newsOf('video/VP8', rtp([1], { first: 0x9f }))).toBeUndefined();
  });
});

describe('a packet of VP9', () => {
  const structure = [0x38, 1, 0x40, 0, 0xb4, 2, 0x80, 1, 0x68];

  it('tells the sizes of all layers', () => {
    const sizes = [
      { width: 320, height: 180 },
      { width: 640, height: 360 },
    ];
    const plain = newsOf('video/VP9', rtp([0x0a, ...structure]));
    expect(plain).toEqual({ ssrc: 7, timestamp: 900, temporal: 0, sizes });
    const long = newsOf('video/VP9', rtp([0xaa, 0x80, 1, 0x40, 9, ...structure]));
    expect(long).toEqual({ ssrc: 7, timestamp: 900, temporal: 2, sizes });
  });

  it('tells none where they are not said, or cut short', () => {
    for (const payload of [
      [0x08, 1, 2, 3],
      [0x4a, ...structure],
      [0x0a, 0x28],
      [0x0a, 0x38, 1],
    ]) {
      expect(newsOf('video/VP9', rtp(payload))?.sizes).toEqual([]);
    }
  });
});

describe('a packet of H.264', () => {
  /** The parameters of a sequence of 320 by 180, as Chromium sends them. */
  const parameters = [...Buffer.from('6742c0158c8d40a0cbcf350606060784423500', 'hex')];
  const sizesOf = (payload: readonly number[]) => newsOf('video/H264', rtp(payload))?.sizes;

  it('tells the size of its pictures, whether its parameters come alone or with others', () => {
    const size = [{ width: 320, height: 180 }];
    expect(sizesOf(parameters)).toEqual(size);
    const picture = [0x68, 0xce, 0x3c, 0x80];
    const units = [0, picture.length, ...picture, 0, parameters.length, ...parameters];
    expect(sizesOf([0x78, ...units])).toEqual(size);
  });

  it('tells none of other units, nor where they are cut short', () => {
    expect(sizesOf([0x65, ...parameters.slice(1)])).toEqual([]);
    expect(sizesOf(parameters.slice(0, 8))).toEqual([]);
    expect(sizesOf([0x78, 0, parameters.length, ...parameters.slice(0, -1)])).toEqual([]);
  });
});

describe('packets of other codecs', () => {
  it('tell nothing', () => {
    expect(newsOf('video/H265', rtp([0x10, ...vp8Key]))).toBeUndefined();
    expect(newsOf('audio/opus', rtp([1, 2, 3]))).toBeUndefined();
  });
});

describe('bytes at random', () => {
  it.each(['video/VP8', 'video/VP9', 'video/H264', 'video/AV1'])(
    'break nothing as %s',
    (mimeType) => {
      for (let seed = 1; seed < 4_000; seed += 1) {
        const length = 12 + (seed % 60);
        const bytes = Buffer.from(
          Array.from({ length }, (_, at) => Math.imul(seed + at * 31, 2_654_435_761) >>> 24),
        );
        const rest = [...bytes.subarray(12)];
        // As it is; with a descriptor in a header extension of either form; as parameters of a sequence.
        for (const packet of [
          bytes,
          rtp([1, ...rest], { first: 0x90, more: [0xbe, 0xde, 0, 4, 0x7e, ...rest.slice(0, 15)] }),
          rtp([1, ...rest], { first: 0x90, more: [0x10, 0, 0, 4, 7, 14, ...rest.slice(0, 14)] }),
          rtp([0x67, ...rest]),
          rtp([0x18, 0, rest.length, 0x67, ...rest]),
          rtp([0x10, 0x08, ...rest]),
        ]) {
          newsOf(mimeType, packet, 7);
        }
      }
    },
  );
});

describe('what is measured of a video', () => {
  it('is known when each layer has shown a key frame, and enough frames tell the rate', () => {
    const measured = new Measured([1, 2]);
    const frame = (ssrc: number, index: number, size?: number) =>
      measured.add({
        ssrc,
        timestamp: index * 3_000,
        temporal: index % 2,
        sizes: size === undefined ? [] : [{ width: size, height: size / 2 }],
      });
    frame(1, 0, 320);
    for (let index = 1; index < 20; index += 1) {
      frame(1, index);
    }
    expect(measured.knows(1)).toBe(true);
    expect(measured.knows(2)).toBe(false);
    frame(2, 3, 640);
    expect(measured.knows(2)).toBe(true);
    expect(measured.pictures).toEqual({
      sizes: [
        { width: 320, height: 160 },
        { width: 640, height: 320 },
      ],
      rates: [15, 30],
    });
  });
});

describe('the layers that are small enough', () => {
  const sizes = [320, 640, 1_280].map((width) => ({ width, height: (width * 9) / 16 }));
  const rates = [7.5, 15, 30];

  it.each([
    [{}, undefined, undefined],
    [{ width: 1_280 }, undefined, undefined],
    [{ width: 1_279 }, 1, undefined],
    [{ width: 640, height: 360 }, 1, undefined],
    [{ width: 100 }, 0, undefined],
    // One of the two is enough, as with Licode.
    [{ width: 100, height: 360 }, 1, undefined],
    [{ frameRate: 30 }, undefined, undefined],
    [{ frameRate: 29 }, undefined, 1],
    [{ frameRate: 5 }, undefined, 0],
  ])('for %j are up to %s and %s', (max, maxSpatial, maxTemporal) => {
    expect(wishOfSize({ sizes, rates }, max)).toEqual({ maxSpatial, maxTemporal });
  });

  it('are all of which nothing is known', () => {
    expect(wishOfSize({ sizes: [], rates: [] }, { width: 1, frameRate: 1 })).toEqual({});
    expect(wishOfSize({ sizes: [sizes[0], undefined], rates }, { width: 1 })).toEqual({});
  });
});
