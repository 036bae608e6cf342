/** VP8 over RTP (RFC 7741), as far as frames have to be cut into packets and told apart. */

/** Payload of one packet: with all headers it stays below the MTU of any path. */
const packet_bytes = 1_100;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Payload of one packet, behind its descriptor. */
export interface Vp8Payload {
  /** Whether a frame begins with it. */
  readonly isStart: boolean;
  readonly content: Buffer;
}

/** Cuts a frame into the payloads of its packets; `pictureId` has 15 bits (RFC 7741, section 4.2). */
export function packetize(frame: Buffer, pictureId: number): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < frame.length; at += packet_bytes) {
    const isStart = at === 0;
    // X says that there is an extension, S that a partition begins, I that the extension has a picture id.
    const descriptor = [
      0x80 | (isStart ? 0x10 : 0),
      0x80,
      0x80 | ((pictureId >> 8) & 0x7f),
      pictureId & 0xff,
    ];
    payloads.push(Buffer.concat([Buffer.from(descriptor), frame.subarray(at, at + packet_bytes)]));
  }
  return payloads;
}

/** Undefined where the payload is cut short. */
export function readPayload(payload: Buffer): Vp8Payload | undefined {
  const [first = 0, extension = 0] = payload;
  const isExtended = (first & 0x80) !== 0;
  let at = isExtended ? 2 : 1;
  if (isExtended && (extension & 0x80) !== 0) {
    const isLong = ((payload[at] ?? 0) & 0x80) !== 0;
    at += isLong ? 2 : 1;
  }
  if (isExtended) {
    at += (extension & 0x40) !== 0 ? 1 : 0;
    at += (extension & 0x30) !== 0 ? 1 : 0;
  }
  const isStart = (first & 0x10) !== 0 && (first & 0x07) === 0;
  return payload.length > at ? { isStart, content: payload.subarray(at) } : undefined;
}

/** The lowest bit of a frame is 0 in key frames (RFC 6386, section 9.1). */
export function isKeyFrame(frame: Buffer): boolean {
  return ((frame[0] ?? 1) & 0x01) === 0;
}

/** The size of the pictures from a key frame on (RFC 6386, section 9.1); undefined where that is not one. */
export function pictureSize(frame: Buffer): PictureSize | undefined {
  const hasStartCode = frame.length >= 10 && frame.readUIntBE(3, 3) === 0x9d012a;
  if (!isKeyFrame(frame) || !hasStartCode) {
    return undefined;
  }
  // The two highest bits of each number tell how the picture is to be scaled.
  return { width: frame.readUInt16LE(6) & 0x3fff, height: frame.readUInt16LE(8) & 0x3fff };
}
