/** What one RTP packet of a video tells of its pictures. */
export interface PacketNews {
  ssrc: number;
  /** In units of 90 kHz. */
  timestamp: number;
  /** Which temporal layer the packet is of; 0 where there are none. */
  temporal: number;
  /** Of a key frame, the lowest spatial layer first. */
  sizes: readonly PictureSize[];
}

export interface PictureSize {
  width: number;
  height: number;
}

/** Undefined where it tells nothing: of other codecs than VP8 and VP9, and where it does not parse. */
export function newsOf(mimeType: string, packet: Buffer): PacketNews | undefined {
  const payload = payloadOf(packet);
  const read = { 'video/vp8': readVp8, 'video/vp9': readVp9 }[mimeType.toLowerCase()];
  if (payload === undefined || read === undefined) {
    return undefined;
  }
  const told = read(payload);
  return { ssrc: packet.readUInt32BE(8), timestamp: packet.readUInt32BE(4), ...told };
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

type Told = Pick<PacketNews, 'temporal' | 'sizes'>;

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
