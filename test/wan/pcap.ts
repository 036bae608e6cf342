/** What one packet of a capture carried, and between which hosts. */
export interface Captured {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'tcp' | 'udp' | 'other';
  /** Where it was sent to; 0 for other protocols. */
  readonly port: number;
  readonly payload: Buffer;
}

const fileHeader_bytes = 24;
const recordHeader_bytes = 16;
const protocols: Readonly<Record<number, 'tcp' | 'udp'>> = { 6: 'tcp', 17: 'udp' };

/** The packets of a pcap file of raw IPv4 packets, as `Wan.capture()` writes it. */
export function* readPcap(file: Buffer): Generator<Captured> {
  for (let at = fileHeader_bytes; at < file.length;) {
    const length = file.readUInt32LE(at + 8);
    const start = at + recordHeader_bytes;
    at = start + length;
    yield captured(file.subarray(start, at));
  }
}

function captured(packet: Buffer): Captured {
  const header_bytes = (packet.readUInt8(0) & 0x0f) * 4;
  const protocol = protocols[packet.readUInt8(9)] ?? 'other';
  const body = packet.subarray(header_bytes);
  const [from, to] = [12, 16].map((at) => packet.subarray(at, at + 4).join('.'));
  const skipped = { tcp: () => (body.readUInt8(12) >> 4) * 4, udp: () => 8, other: () => 0 };
  return {
    ...{ from: from ?? '', to: to ?? '', protocol },
    port: protocol === 'other' ? 0 : body.readUInt16BE(2),
    payload: body.subarray(skipped[protocol]()),
  };
}
