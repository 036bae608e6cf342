import { describe, expect, it } from 'vitest';
import type { RtpParameters } from '../../../nodes/erizo/media.ts';
import type { OfferedSection } from '../../../nodes/erizo/sdp/offer.ts';
import { writeOffer } from '../../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { local, origin } from './sdp-kit.ts';

const parameters: RtpParameters = {
  mid: '0',
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 101,
      clockRate: 90_000,
      parameters: {},
      rtcpFeedback: [
        { type: 'nack', parameter: '' },
        { type: 'nack', parameter: 'pli' },
      ],
    },
    {
      mimeType: 'video/rtx',
      payloadType: 102,
      clockRate: 90_000,
      parameters: { apt: 101 },
      rtcpFeedback: [],
    },
  ],
  headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
  encodings: [{ ssrc: 1_111, rtx: { ssrc: 2_222 } }],
  rtcp: { cname: 'c', reducedSize: true },
};

const sending: OfferedSection = {
  mid: '0',
  kind: 'video',
  state: { type: 'sending', streamId: 'stream', trackId: 'track' },
  parameters,
};

describe('our offer', () => {
  it('names the MediaStream, the sources and the transport of what is sent', () => {
    const offer = readDescription(writeOffer([sending], local, origin));
    expect(offer).toMatchObject({
      setup: 'actpass',
      ice: local.ice,
      fingerprint: local.fingerprint,
    });
    expect(offer.sections[0]).toMatchObject({
      mid: '0',
      sends: true,
      receives: false,
      msid: { streamId: 'stream', trackId: 'track' },
      encodings: [{ ssrc: 1_111, rtxSsrc: 2_222 }],
      extensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
    });
    expect(offer.sections[0]?.codecs).toMatchObject([
      {
        name: 'VP8',
        payloadType: 101,
        feedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
      { name: 'rtx', payloadType: 102, parameters: { apt: 101 } },
    ]);
  });

  it('keeps the place of what is sent no more, and of what was refused', () => {
    const text = writeOffer(
      [
        { ...sending, state: { type: 'idle' } },
        { ...sending, mid: '1', state: { type: 'dead' } },
        { ...sending, mid: '2' },
      ],
      local,
      origin,
    );
    expect(text).toContain('a=group:BUNDLE 0 2\r\n');
    const { sections } = readDescription(text);
    expect(sections.map(({ sends, rejected }) => [sends, rejected])).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
    expect(sections[0]?.encodings).toEqual([]);
  });
});
