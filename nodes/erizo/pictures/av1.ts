import { Bits } from './bits.ts';
import type { PictureSize, Told } from './told.ts';

/** Types of open bitstream units (AV1, section 6.2.2). */
const sequenceHeader = 1;

interface Unit {
  type: number;
  /** Undefined where its header does not name it. */
  temporal: number | undefined;
  content: Buffer;
}

/**
 * AV1 over RTP, section 4. A sequence header comes with a key frame and tells the size of the largest pictures: of
 * several spatial layers those of the others are in the dependency descriptor alone. Undefined where the packet is
 * but the middle or the end of a unit.
 */
export function readAv1(payload: Buffer): Told | undefined {
  const units = unitsOf(payload);
  if (units.length === 0) {
    return undefined;
  }
  const header = units.find(({ type }) => type === sequenceHeader);
  const size = header === undefined ? undefined : sizeOf(header.content);
  const temporal = units.find((unit) => unit.temporal !== undefined)?.temporal ?? 0;
  return { temporal, sizes: size === undefined ? [] : [size] };
}

/** Those that begin in the packet. */
function unitsOf(payload: Buffer): Unit[] {
  const aggregation = payload[0] ?? 0;
  const continues = (aggregation & 0x80) !== 0;
  /** The last of so many has no length; 0 where all have one. */
  const counted = (aggregation >> 4) & 0x03;
  const units: Unit[] = [];
  for (let at = 1, index = 0; at < payload.length; index += 1) {
    const isLast = index === counted - 1;
    const length = isLast ? { value: payload.length - at, bytes: 0 } : readLeb128(payload, at);
    const element = payload.subarray(at + length.bytes, at + length.bytes + length.value);
    if (!(index === 0 && continues) && element.length > 0) {
      units.push(unitOf(element));
    }
    at += length.bytes + length.value;
  }
  return units;
}

/** AV1, section 5.3. */
function unitOf(element: Buffer): Unit {
  const first = element[0] ?? 0;
  const isExtended = (first & 0x04) !== 0;
  const headed = isExtended ? 2 : 1;
  const sized = (first & 0x02) === 0 ? 0 : readLeb128(element, headed).bytes;
  return {
    type: (first >> 3) & 0x0f,
    temporal: isExtended ? (element[1] ?? 0) >> 5 : undefined,
    content: element.subarray(headed + sized),
  };
}

/** AV1, section 5.5.1; undefined where it is cut short, or is of several spatial layers. */
function sizeOf(header: Buffer): PictureSize | undefined {
  const bits = new Bits(header);
  bits.skip(4);
  const spatialLayers = bits.flag() ? readReduced(bits) : readOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  const [width, height] = [bits.read(widthBits) + 1, bits.read(heightBits) + 1];
  return bits.isPast || spatialLayers > 1 ? undefined : { width, height };
}

function readReduced(bits: Bits): number {
  bits.skip(5);
  return 1;
}

/** How many spatial layers there are. */
function readOperatingPoints(bits: Bits): number {
  const delayBits = bits.flag() ? readTiming(bits) : undefined;
  const saysDelay = bits.flag();
  const points = bits.read(5) + 1;
  let layers = 0;
  for (let point = 0; point < points; point += 1) {
    // Of each point the layers, four bits of spatial ones first; none where there is only one of either.
    layers |= bits.read(12) >> 8;
    const level = bits.read(5);
    bits.skip(level > 7 ? 1 : 0);
    if (delayBits !== undefined && bits.flag()) {
      bits.skip(2 * delayBits + 1);
    }
    if (saysDelay && bits.flag()) {
      bits.skip(4);
    }
  }
  return [1, 2, 4, 8].filter((layer) => (layers & layer) !== 0).length;
}

/** AV1, sections 5.5.3 and 5.5.4: how many bits the delays of a decoder have, where they are told. */
function readTiming(bits: Bits): number | undefined {
  bits.skip(64);
  if (bits.flag()) {
    bits.golomb();
  }
  if (!bits.flag()) {
    return undefined;
  }
  const delayBits = bits.read(5) + 1;
  bits.skip(42);
  return delayBits;
}

/** AV1, section 4.10.5: seven bits a byte, the lowest first. */
function readLeb128(bytes: Buffer, from: number): { value: number; bytes: number } {
  let value = 0;
  for (let count = 0; count < 8; count += 1) {
    const byte = bytes[from + count] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * count);
    if ((byte & 0x80) === 0) {
      return { value, bytes: count + 1 };
    }
  }
  return { value, bytes: 8 };
}
