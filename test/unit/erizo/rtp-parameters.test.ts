import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { recordingSdp } from '../../../nodes/erizo/recording/sdp.ts';
import { choose, parametersOf } from '../../../nodes/erizo/sdp/codecs.ts';
import { writeOffer } from '../../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { RtpParameters } from '../../../protocol/contracts/rtp-parameters.ts';
import { capabilities, fixture, fixtures, local, origin } from './sdp-kit.ts';

type Parameters = v.InferOutput<typeof RtpParameters>;
type Codec = Parameters['codecs'][number];

const vp8: Codec = { mimeType: 'video/VP8', payloadType: 101, clockRate: 90_000 };
const lines = 'one line\r\na=sendrecv';

const withCodec = (codec: Partial<Codec>): Parameters => ({ codecs: [{ ...vp8, ...codec }] });
const many = <T>(count: number, of: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => of(at));

/** Of each: what may be, and what is more than that. */
const cases: [string, Parameters, Parameters][] = [
  [
    'the value of a parameter',
    withCodec({ parameters: { 'profile-id': 2, 'x-note': 'a=b,c' } }),
    withCodec({ parameters: { 'x-note': lines } }),
  ],
  [
    'a value that would be another parameter as well',
    withCodec({ parameters: { 'x-note': 'one' } }),
    withCodec({ parameters: { 'x-note': 'one;apt=1' } }),
  ],
  [
    'the name of a parameter',
    withCodec({ parameters: { ['x'.repeat(64)]: 1 } }),
    withCodec({ parameters: { [lines]: 1 } }),
  ],
  [
    'the length of all parameters',
    withCodec({ parameters: { note: 'x'.repeat(1_019) } }),
    withCodec({ parameters: { note: 'x'.repeat(1_020) } }),
  ],
  [
    'what feedback is of',
    withCodec({
      rtcpFeedback: [
        { type: 'nack', parameter: 'pli' },
        { type: 'nack', parameter: '' },
      ],
    }),
    withCodec({ rtcpFeedback: [{ type: lines }] }),
  ],
  [
    'the parameter of feedback',
    withCodec({ rtcpFeedback: [{ type: 'ccm', parameter: 'fir' }] }),
    withCodec({ rtcpFeedback: [{ type: 'ccm', parameter: lines }] }),
  ],
  [
    'how much feedback there is',
    withCodec({ rtcpFeedback: many(32, () => ({ type: 'nack' })) }),
    withCodec({ rtcpFeedback: many(33, () => ({ type: 'nack' })) }),
  ],
  ['how many codecs there are', { codecs: many(16, () => vp8) }, { codecs: many(17, () => vp8) }],
  [
    'the name of the sender',
    { codecs: [vp8], rtcp: { cname: 'someone here' } },
    { codecs: [vp8], rtcp: { cname: lines } },
  ],
  [
    'the length of that name',
    { codecs: [vp8], rtcp: { cname: 'x'.repeat(256) } },
    { codecs: [vp8], rtcp: { cname: 'x'.repeat(257) } },
  ],
  ['the id of the section', { codecs: [vp8], mid: '0' }, { codecs: [vp8], mid: lines }],
  ['the id of the stream', { codecs: [vp8], msid: 'a b' }, { codecs: [vp8], msid: lines }],
  [
    'the name of a header extension',
    { codecs: [vp8], headerExtensions: [{ id: 1, uri: 'urn:one' }] },
    { codecs: [vp8], headerExtensions: [{ id: 1, uri: `urn:one${lines}` }] },
  ],
  [
    'how many header extensions there are',
    { codecs: [vp8], headerExtensions: many(64, (at) => ({ id: at + 1, uri: 'urn:one' })) },
    { codecs: [vp8], headerExtensions: many(65, (at) => ({ id: at + 1, uri: 'urn:one' })) },
  ],
  [
    'the id of an encoding',
    { codecs: [vp8], encodings: [{ rid: 'low' }] },
    { codecs: [vp8], encodings: [{ rid: lines }] },
  ],
  [
    'the layers of an encoding',
    { codecs: [vp8], encodings: [{ scalabilityMode: 'L3T3_KEY' }] },
    { codecs: [vp8], encodings: [{ scalabilityMode: lines }] },
  ],
  [
    'the source of an encoding',
    { codecs: [vp8], encodings: [{ ssrc: 0xffff_ffff }] },
    { codecs: [vp8], encodings: [{ ssrc: 0x1_0000_0000 }] },
  ],
  [
    'how many encodings there are',
    { codecs: [vp8], encodings: many(16, (at) => ({ ssrc: at + 1 })) },
    { codecs: [vp8], encodings: many(17, (at) => ({ ssrc: at + 1 })) },
  ],
];

describe('the parameters of a track from another process', () => {
  it.each(cases)('are bounded in %s', (_what, good, bad) => {
    expect(v.is(RtpParameters, good)).toBe(true);
    expect(v.is(RtpParameters, bad)).toBe(false);
  });

  it.each(fixtures)('are good as they follow from the offer %s', (name) => {
    const { sections } = readDescription(fixture(name));
    for (const section of sections) {
      const chosen = choose(section, capabilities);
      if (chosen !== undefined) {
        expect(v.safeParse(RtpParameters, parametersOf(section, chosen)).issues).toBeUndefined();
      }
    }
  });
});

describe('an SDP of ours', () => {
  const state = { type: 'sending', streamId: 'stream', trackId: 'track' } as const;
  const offer = (parameters: Parameters): string =>
    writeOffer([{ mid: '0', kind: 'video', state, parameters }], local, origin);
  const sdp = (parameters: Parameters): string =>
    recordingSdp([{ kind: 'video', port: 1, rtpParameters: parameters }]);
  const encodings = [{ ssrc: 1 }];

  it('is not written where a value would be a line of its own', () => {
    const named = { ...withCodec({}), encodings };
    expect(offer({ ...named, rtcp: { cname: 'one' } })).toContain('cname:one\r\n');
    for (const value of ['one\r\ntwo', 'one\ntwo', 'one\rtwo']) {
      expect(() => offer({ ...named, rtcp: { cname: value } })).toThrow('line break');
      expect(() => offer(withCodec({ parameters: { note: value } }))).toThrow('line break');
      expect(() => sdp(withCodec({ parameters: { note: value } }))).toThrow('line break');
    }
    expect(sdp(withCodec({ parameters: { note: 'one' } }))).toContain('a=fmtp:101 note=one\r\n');
  });
});
