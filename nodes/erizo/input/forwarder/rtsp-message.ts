import { forwarderDefaults } from '../defaults.ts';
import { SourceRefused } from './refusal.ts';

/** Names in lower case, in their order. */
export type RtspHeaders = readonly (readonly [name: string, value: string])[];

export interface RtspRequest {
  type: 'request';
  method: string;
  url: string;
  headers: RtspHeaders;
  body: Buffer;
}

export interface RtspResponse {
  type: 'response';
  status: number;
  headers: RtspHeaders;
  body: Buffer;
}

/** What goes over a connection of RTSP 1.0 (RFC 2326): messages, and RTP and RTCP between them as they are. */
export type RtspFrame = RtspRequest | RtspResponse | { type: 'media'; bytes: Buffer };

const { head_bytes, headers: mostHeaders, body_bytes } = forwarderDefaults;
const dollar = 0x24;
const [cr, lf] = [0x0d, 0x0a];

/** Cuts one direction of a connection into frames, of which it holds at most one that is not whole. */
export class RtspParser {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws `SourceRefused` (malformed), after which it is of no use. */
  push(chunk: Buffer): RtspFrame[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: RtspFrame[] = [];
    for (let read = readFrame(rest); read !== undefined; read = readFrame(rest)) {
      frames.push(...(read.frame === undefined ? [] : [read.frame]));
      rest = rest.subarray(read.size);
    }
    this.#rest = rest;
    return frames;
  }
}

/** The first frame, undefined as long as it is not whole; one without content is an empty line before a message. */
function readFrame(bytes: Buffer): { frame?: RtspFrame; size: number } | undefined {
  const [first] = bytes;
  if (first === undefined) {
    return undefined;
  }
  if (first === cr || first === lf) {
    return { size: 1 };
  }
  if (first === dollar) {
    const size = bytes.length < 4 ? undefined : 4 + bytes.readUInt16BE(2);
    return size === undefined || bytes.length < size
      ? undefined
      : { frame: { type: 'media', bytes: bytes.subarray(0, size) }, size };
  }
  return readMessage(bytes);
}

function readMessage(bytes: Buffer): { frame: RtspFrame; size: number } | undefined {
  const text = bytes.toString('latin1', 0, head_bytes);
  // As ffmpeg reads them, lines end with or without a carriage return.
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) {
    if (bytes.length >= head_bytes) {
      throw new SourceRefused('malformed');
    }
    return undefined;
  }
  const [start = '', ...lines] = text.slice(0, end.index).split(/\r?\n/);
  const headers = lines.map(parseHeader);
  const length = lengthOf(headers);
  const bodyAt = end.index + end[0].length;
  if (headers.length > mostHeaders || length > body_bytes) {
    throw new SourceRefused('malformed');
  }
  if (bytes.length < bodyAt + length) {
    return undefined;
  }
  // A copy: what it was part of may be large, and the message may wait for its answer.
  const body = Buffer.from(bytes.subarray(bodyAt, bodyAt + length));
  return { frame: { ...parseStart(start), headers, body }, size: bodyAt + length };
}

function parseStart(
  line: string,
): { type: 'response'; status: number } | { type: 'request'; method: string; url: string } {
  const response = /^RTSP\/1\.\d (\d{3})(?: |$)/.exec(line);
  if (response !== null) {
    return { type: 'response', status: Number(response[1]) };
  }
  const [, method, url] = /^([A-Z_]{1,32}) ([\x21-\x7e]+) RTSP\/1\.\d$/.exec(line) ?? [];
  if (method === undefined || url === undefined) {
    throw new SourceRefused('malformed');
  }
  return { type: 'request', method, url };
}

function parseHeader(line: string): [string, string] {
  const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+)[ \t]*:(.*)$/.exec(line) ?? [];
  // What one reader takes for the end of a line another does not: neither may it be passed on.
  // eslint-disable-next-line no-control-regex
  if (name === undefined || /[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw new SourceRefused('malformed');
  }
  return [name.toLowerCase(), value.trim()];
}

function lengthOf(headers: RtspHeaders): number {
  const length = headerOf(headers, 'content-length') ?? '0';
  if (!/^\d{1,6}$/.test(length)) {
    throw new SourceRefused('malformed');
  }
  return Number(length);
}

export function headerOf(headers: RtspHeaders, name: string): string | undefined {
  return headers.find(([one]) => one === name)?.[1];
}

export function headersOf(headers: RtspHeaders, name: string): string[] {
  return headers.filter(([one]) => one === name).map(([, value]) => value);
}

export function encodeRequest(method: string, url: string, headers: RtspHeaders): Buffer {
  return encode(`${method} ${url} RTSP/1.0`, headers, Buffer.alloc(0));
}

/** Its reason is ours: ffmpeg writes it to its log. */
export function encodeResponse(
  status: number,
  headers: RtspHeaders,
  body = Buffer.alloc(0),
): Buffer {
  const length: RtspHeaders = body.length === 0 ? [] : [['Content-Length', String(body.length)]];
  return encode(
    `RTSP/1.0 ${status} ${status === 200 ? 'OK' : 'Refused'}`,
    [...headers, ...length],
    body,
  );
}

function encode(start: string, headers: RtspHeaders, body: Buffer): Buffer {
  const lines = [start, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]);
}
