import { Bits } from './bits.ts';
import type { PictureSize, Told } from './told.ts';

/** Types of NAL units (H.264, table 7-1; RFC 6184, table 1). */
const sequenceParameters = 7;
const aggregate = 24;

/** Profiles whose parameters say how colours are kept (H.264, section 7.3.2.1.1). */
const colourProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/**
 * RFC 6184, sections 5.6 and 5.7.1: the parameters come before a key frame, alone or with others. They are so short
 * that no sender divides them. It says nothing of temporal layers.
 */
export function readH264(payload: Buffer): Told {
  const sizes = unitsOf(payload)
    .filter((unit) => typeOf(unit) === sequenceParameters)
    .flatMap((unit) => sizeOf(unit) ?? []);
  return { temporal: 0, sizes: sizes.slice(0, 1) };
}

function unitsOf(payload: Buffer): Buffer[] {
  if (typeOf(payload) !== aggregate) {
    return [payload];
  }
  const units: Buffer[] = [];
  for (let at = 1; at + 2 < payload.length;) {
    const end = at + 2 + payload.readUInt16BE(at);
    // What is cut short is not read: the size stands at the end of it.
    if (end > payload.length) {
      break;
    }
    units.push(payload.subarray(at + 2, end));
    at = end;
  }
  return units;
}

function typeOf(unit: Buffer): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** H.264, sections 7.3.2.1.1 and 7.4.2.1.1; undefined where it is cut short. */
function sizeOf(unit: Buffer): PictureSize | undefined {
  const bits = new Bits(withoutEscapes(unit.subarray(1)));
  const profile = bits.read(8);
  bits.skip(16);
  bits.golomb();
  const chroma = colourProfiles.has(profile) ? readColours(bits) : 1;
  bits.golomb();
  skipOrder(bits);
  bits.golomb();
  bits.skip(1);
  const columns = bits.golomb() + 1;
  const rows = bits.golomb() + 1;
  const fieldsPerFrame = bits.flag() ? 1 : 2;
  bits.skip(fieldsPerFrame - 1);
  bits.skip(1);
  const isCropped = bits.flag();
  const [left = 0, right = 0, top = 0, bottom = 0] = isCropped
    ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()]
    : [];
  // The unit of cropping is a sample of colour (table 6-1).
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * fieldsPerFrame;
  const width = columns * 16 - (left + right) * unitX;
  const height = rows * fieldsPerFrame * 16 - (top + bottom) * unitY;
  return bits.isPast || width <= 0 || height <= 0 ? undefined : { width, height };
}

/** `chroma_format_idc`; 0 also where each colour is coded on its own. */
function readColours(bits: Bits): number {
  const chroma = bits.golomb();
  const isSeparate = chroma === 3 && bits.flag();
  bits.golomb();
  bits.golomb();
  bits.skip(1);
  if (bits.flag()) {
    for (let list = 0; list < (chroma === 3 ? 12 : 8); list += 1) {
      skipScaling(bits, list < 6 ? 16 : 64);
    }
  }
  return isSeparate ? 0 : chroma;
}

/** H.264, section 7.3.2.1.1.1. */
function skipScaling(bits: Bits, size: number): void {
  let next = bits.flag() ? 8 : 0;
  for (let at = 0, last = 8; at < size && next !== 0 && !bits.isPast; at += 1) {
    next = (last + signed(bits.golomb()) + 256) % 256;
    last = next === 0 ? last : next;
  }
}

/** In which order frames are shown. */
function skipOrder(bits: Bits): void {
  const type = bits.golomb();
  if (type === 0) {
    bits.golomb();
  } else if (type === 1) {
    bits.skip(1);
    bits.golomb();
    bits.golomb();
    for (let left = bits.golomb(); left > 0 && !bits.isPast; left -= 1) {
      bits.golomb();
    }
  }
}

/** `se(v)` of `ue(v)` (H.264, section 9.1.1). */
function signed(value: number): number {
  return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
}

/** Without the threes that keep start codes out of a unit (H.264, section 7.4.1.1). */
function withoutEscapes(bytes: Buffer): Uint8Array {
  return bytes.filter((byte, at) => byte !== 3 || bytes[at - 1] !== 0 || bytes[at - 2] !== 0);
}
