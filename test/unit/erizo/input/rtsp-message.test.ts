import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwarderDefaults } from '../../../../nodes/erizo/input/defaults.ts';
import type { RtspFrame } from '../../../../nodes/erizo/input/forwarder/rtsp-message.ts';
import {
  encodeRequest,
  encodeResponse,
  RtspParser,
} from '../../../../nodes/erizo/input/forwarder/rtsp-message.ts';

const parse = (...chunks: (string | Buffer)[]): RtspFrame[] => {
  const parser = new RtspParser();
  return chunks.flatMap((chunk) => parser.push(Buffer.from(chunk as string, 'latin1')));
};
const media = (channel: number, size: number): Buffer =>
  Buffer.concat([Buffer.from([0x24, channel, size >> 8, size & 0xff]), Buffer.alloc(size, 0x0a)]);
const { headers: mostHeaders, head_bytes, body_bytes } = forwarderDefaults;

describe('a connection of RTSP', () => {
  it('has requests, answers with bodies, and media between them', () => {
    const frames = parse(
      Buffer.concat([
        encodeRequest('PLAY', 'rtsp://a/b', [['CSeq', '1']]),
        media(0, 5),
        encodeResponse(200, [['CSeq', '1']], Buffer.from('v=0')),
        media(1, 0),
      ]),
    );
    expect(frames).toEqual(
      [
        ...[{ type: 'request', method: 'PLAY', url: 'rtsp://a/b', body: Buffer.alloc(0) }],
        ...[{ type: 'media', bytes: media(0, 5) }],
        ...[{ type: 'response', status: 200, body: Buffer.from('v=0') }],
        ...[{ type: 'media', bytes: media(1, 0) }],
      ].map((frame) => expect.objectContaining(frame)),
    );
    expect(frames[2]).toMatchObject({
      headers: [
        ['cseq', '1'],
        ['content-length', '3'],
      ],
    });
  });

  it('is read the same however it is cut', () => {
    const whole = Buffer.concat([
      encodeResponse(200, [['CSeq', '1']], Buffer.from('v=0\r\n\r\n$')),
      media(0, 300),
      Buffer.from('\r\nOPTIONS * RTSP/1.0\nCSeq: 2\n\n'),
      media(2, 3),
    ]);
    const frames = parse(whole);
    expect(frames).toHaveLength(4);
    const cuts = fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [0, ...at.sort((a, b) => a - b), whole.length];
        const chunks = ends.slice(1).map((end, index) => whole.subarray(ends[index], end));
        expect(parse(...chunks)).toEqual(frames);
      }),
    );
  });

  it.each([
    ['another protocol', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a status of four digits', 'RTSP/1.0 2000 OK\r\n\r\n'],
    ['a URL with a space', 'PLAY rtsp://a b RTSP/1.0\r\n\r\n'],
    ['a line that is no header', 'RTSP/1.0 200 OK\r\nno header\r\n\r\n'],
    ['a header that goes on in another line', 'RTSP/1.0 200 OK\r\nA: b\r\n folded\r\n\r\n'],
    ['a carriage return in a header', 'RTSP/1.0 200 OK\r\nA: b\rC: d\r\n\r\n'],
    ['a negative length', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a large body', `RTSP/1.0 200 OK\r\nContent-Length: ${body_bytes + 1}\r\n\r\n`],
    ['many headers', `RTSP/1.0 200 OK\r\n${'A: b\r\n'.repeat(mostHeaders + 1)}\r\n`],
    ['a large head', `RTSP/1.0 200 OK\r\nA: ${'b'.repeat(head_bytes)}`],
  ])('ends at %s', (_what, text) => {
    expect(() => parse(text)).toThrow('what is not its protocol, or too much');
  });

  it('may have as many headers and as large a body as are allowed', () => {
    const headers = `${'A: b\r\n'.repeat(mostHeaders - 1)}Content-Length: ${body_bytes}\r\n`;
    const frames = parse(`RTSP/1.0 200 OK\r\n${headers}\r\n`, 'x'.repeat(body_bytes));
    expect(frames).toMatchObject([{ status: 200, body: { length: body_bytes } }]);
  });

  it('is read, or ends in order, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        try {
          parse(...chunks.map((chunk) => Buffer.from(chunk)));
        } catch (thrown) {
          expect(thrown).toMatchObject({ reason: 'malformed' });
        }
      }),
    );
  });
});
