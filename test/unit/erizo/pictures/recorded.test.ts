import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { newsOf } from '../../../../nodes/erizo/pictures/packet.ts';
import { parseJson } from '../../../../protocol/parse.ts';

/** The first packets that encoders sent, each video from its first key frame on. */
const Recorded = v.object({
  encoder: v.string(),
  codec: v.string(),
  /** Of the header extension with the dependency descriptor, as the router numbers it. */
  descriptorId: v.optional(v.number()),
  /** Of the layers of each key frame, by its SSRC where there are several: `320x180 640x360`. */
  sizes: v.array(v.string()),
  temporals: v.array(v.number()),
  /** Base64. */
  packets: v.array(v.string()),
});

const dir = new URL('../../../fixtures/pictures/', import.meta.url);
const recordings = readdirSync(dir).map((name) => {
  const text = readFileSync(new URL(name, dir), 'utf8');
  const { packets, ...said } = parseJson(Recorded, text, name);
  return { ...said, packets: packets.map((packet) => Buffer.from(packet, 'base64')) };
});

describe.each(recordings)('$encoder', ({ codec, descriptorId, sizes, temporals, packets }) => {
  const read = (packet: Buffer) => newsOf(codec, packet, descriptorId);

  it('tells the sizes of its pictures, and which temporal layers there are', () => {
    const news = packets.map(read);
    const told = news.map((one) => one?.sizes.map(({ width, height }) => `${width}x${height}`));
    const seen = new Set(told.map((one) => one?.join(' ')).filter(Boolean));
    expect(seen).toEqual(new Set(sizes));
    const layers = new Set(news.flatMap((one) => one?.temporal ?? []));
    expect(layers).toEqual(new Set(temporals));
  });

  it('tells no other size where it is cut short', () => {
    for (const packet of packets) {
      for (let length = 0; length < Math.min(packet.length, 120); length += 1) {
        const told = read(packet.subarray(0, length))?.sizes ?? [];
        const words = told.map(({ width, height }) => `${width}x${height}`).join(' ');
        expect(['', ...sizes]).toContain(words);
      }
    }
  });

  it('breaks nothing where any of its bits is another one', () => {
    for (const packet of packets) {
      for (let bit = 0; bit < Math.min(packet.length, 120) * 8; bit += 1) {
        const changed = Buffer.from(packet);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        read(changed);
      }
    }
  });
});
