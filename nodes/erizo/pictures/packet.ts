import { readAv1 } from './av1.ts';
import { resolutionsOf } from './dependency-descriptor.ts';
import { readH264 } from './h264.ts';
import type { Told } from './told.ts';

/** What one RTP packet of a video tells of its pictures. */
export interface PacketNews extends Told {
  ssrc: number;
  /** In units of 90 kHz. */
  timestamp: number;
}

const readers: Readonly<Record<string, (payload: Buffer) => Told | undefined>> = {
  'video/vp8': readVp8,
  'video/vp9': readVp9,
  'video/h264': readH264,
  'video/av1': readAv1,
};

/**
 * Undefined where it tells nothing: of other codecs than these, and where it does not parse. The dependency
 * descriptor is in the header extension of that id, where there is one.
 */
export function newsOf(
  mimeType: string,
  packet: Buffer,
  descriptorId?: number,
): PacketNews | undefined {
  const payload = payloadOf(packet);
  const told = payload === undefined ? undefined : readers[mimeType.toLowerCase()]?.(payload);
  if (told === undefined) {
    return undefined;
  }
  const descriptor = descriptorId === undefined ? undefined : extensionOf(packet, descriptorId);
  const described = descriptor === undefined ? [] : resolutionsOf(descriptor);
  const sizes = described.length === 0 ? told.sizes : described;
  return { ssrc: packet.readUInt32BE(8), timestamp: packet.readUInt32BE(4), ...told, sizes };
}

/** RFC 3550, section 5.1. */
function payloadOf(packet: Buffer): Buffer | undefined {
  const first = byteAt(packet, 0);
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    start += 4 + wordAt(packet, start + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : byteAt(packet, packet.length - 1);
  const end = packet.length - padding;
  return start < end ? packet.subarray(start, end) : undefined;
}

/** RFC 8285, sections 4.2 and 4.3. */
function extensionOf(packet: Buffer, wanted: number): Buffer | undefined {
  const start = 12 + (byteAt(packet, 0) & 0x0f) * 4;
  const profile = wordAt(packet, start);
  const isShort = profile === 0xbede;
  if ((byteAt(packet, 0) & 0x10) === 0 || !(isShort || profile >> 4 === 0x100)) {
    return undefined;
  }
  const end = Math.min(packet.length, start + 4 + wordAt(packet, start + 2) * 4);
  for (let at = start + 4; at < end;) {
    const first = byteAt(packet, at);
    const id = isShort ? first >> 4 : first;
    if (id === 0) {
      at += 1;
      continue;
    }
    const head = isShort ? 1 : 2;
    const length = isShort ? (first & 0x0f) + 1 : byteAt(packet, at + 1);
    if (id === wanted) {
      return packet.subarray(at + head, Math.min(end, at + head + length));
    }
    at += head + length;
  }
  return undefined;
}

/** RFC 7741, sections 4.2 and 4.3; the sizes are in the first packet of a key frame (RFC 6386, section 9.1). */
function readVp8(payload: Buffer): Told {
  const first = byteAt(payload, 0);
  const isFirst = (first & 0x10) !== 0 && (first & 0x07) === 0;
  let at = 1;
  let temporal = 0;
  if ((first & 0x80) !== 0) {
    const has = byteAt(payload, at);
    at += 1;
    if ((has & 0x80) !== 0) {
      at += (byteAt(payload, at) & 0x80) === 0 ? 1 : 2;
    }
    at += (has & 0x40) === 0 ? 0 : 1;
    if ((has & 0x30) !== 0) {
      temporal = (has & 0x20) === 0 ? 0 : byteAt(payload, at) >> 6;
      at += 1;
    }
  }
  const frame = payload.subarray(at);
  const isKey = isFirst && frame.length >= 10 && (byteAt(frame, 0) & 1) === 0;
  if (!isKey || frame.readUIntBE(3, 3) !== 0x9d012a) {
    return { temporal, sizes: [] };
  }
  const size = { width: frame.readUInt16LE(6) & 0x3fff, height: frame.readUInt16LE(8) & 0x3fff };
  return { temporal, sizes: [size] };
}

/** RFC 9628, section 4.2: a key frame brings the sizes of all layers along. */
function readVp9(payload: Buffer): Told {
  const first = byteAt(payload, 0);
  const [hasId, hasLayers, isFlexible, isBegin, hasSizes] = [0x80, 0x20, 0x10, 0x08, 0x02].map(
    (bit) => (first & bit) !== 0,
  );
  const isInter = (first & 0x40) !== 0;
  let at = 1;
  if (hasId === true) {
    at += (byteAt(payload, at) & 0x80) === 0 ? 1 : 2;
  }
  let temporal = 0;
  if (hasLayers === true) {
    temporal = byteAt(payload, at) >> 5;
    at += isFlexible === true ? 1 : 2;
  }
  // What a picture refers to stands between; one that refers to others is no key frame.
  if (hasSizes !== true || isBegin !== true || isInter) {
    return { temporal, sizes: [] };
  }
  const structure = byteAt(payload, at);
  const layers = (structure >> 5) + 1;
  if ((structure & 0x10) === 0 || payload.length < at + 1 + layers * 4) {
    return { temporal, sizes: [] };
  }
  const sizes = Array.from({ length: layers }, (_, layer) => ({
    width: wordAt(payload, at + 1 + layer * 4),
    height: wordAt(payload, at + 3 + layer * 4),
  }));
  return { temporal, sizes };
}

/** 0 past the end. */
function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

function wordAt(bytes: Buffer, at: number): number {
  return byteAt(bytes, at) * 256 + byteAt(bytes, at + 1);
}
