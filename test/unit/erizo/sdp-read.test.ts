import { describe, expect, it } from 'vitest';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { limits } from '../../../protocol/limits.ts';
import { answers, fixture, fixtures } from './sdp-kit.ts';

describe('an SDP is read', () => {
  it('of Chromium, with its transport, codecs and sources', () => {
    const offer = readDescription(fixture('chromium-publish'));
    expect(offer).toMatchObject({
      setup: 'actpass',
      fingerprint: { algorithm: 'sha-256' },
      isFirefox: false,
      extmapAllowMixed: true,
    });
    const [audio, video] = offer.sections;
    expect(audio).toMatchObject({ mid: '0', kind: 'audio', sends: true, receives: false });
    expect(audio?.codecs[0]).toEqual({
      payloadType: 111,
      name: 'opus',
      clockRate: 48_000,
      channels: 2,
      parameters: { minptime: 10, useinbandfec: 1 },
      feedback: [{ type: 'transport-cc' }],
    });
    expect(video?.msid?.streamId).toBe(audio?.msid?.streamId);
    expect(video?.encodings).toEqual([{ ssrc: expect.any(Number), rtxSsrc: expect.any(Number) }]);
    expect(video?.codecs.map((codec) => codec.name)).toContain('VP8');
  });

  it('of Chromium, with the layers of simulcast by name', () => {
    const [video] = readDescription(fixture('chromium-simulcast')).sections;
    expect(video?.rids).toEqual(['q', 'h', 'f']);
  });

  it('of Chromium, with a data channel between the media', () => {
    const kinds = readDescription(fixture('chromium-two-streams')).sections.map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['application', 'audio', 'audio', 'video', 'video']);
  });

  it('of Licode’s client, who publishes, gives up and publishes again on one connection', () => {
    const sent = (name: string) =>
      readDescription(fixture(name)).sections.map(({ mid, kind, sends, rejected, rids }) => {
        const state = rejected ? 'rejected' : sends ? 'sends' : 'idle';
        return `${mid} ${kind} ${state}${rids.length > 0 ? ` ${rids.join(';')}` : ''}`;
      });
    expect(sent('licode-publish')).toEqual(['0 audio sends', '1 video sends']);
    const second = ['2 audio sends', '3 video sends 1;2;3'];
    expect(sent('licode-two-streams')).toEqual(['0 audio sends', '1 video sends', ...second]);
    // The first m-section stays, without a sender; the other one is stopped.
    expect(sent('licode-unpublished')).toEqual(['0 audio idle', '1 video rejected', ...second]);
    // The place of the stopped one is used again, for another kind (RFC 8829, section 5.2.2).
    expect(sent('licode-published-again')).toEqual([
      ...['0 audio idle', '4 audio sends', ...second, '5 video sends'],
    ]);
  });

  it('of Licode’s client, who begins ICE anew where it receives', () => {
    const { setup, sections } = readDescription(fixture('licode-restart'));
    expect(setup).toBe('actpass');
    expect(sections.map(({ mid, receives, sends }) => [mid, receives, sends])).toEqual([
      ['0', true, false],
      ['1', true, false],
    ]);
  });

  it('of Firefox, whose fingerprint stands above its m-sections', () => {
    const offer = readDescription(fixture('firefox-h264'));
    expect(offer.fingerprint.value).toMatch(/^1E:7C:/);
    expect(offer.sections[1]).toMatchObject({
      msid: { streamId: '{8d9c0a5f-6f6c-4f5b-9c55-2b5c7d1f6a10}' },
      encodings: [{ ssrc: 2_078_912_345, rtxSsrc: 1_234_509_876 }],
      rids: [],
    });
  });

  it('with the MediaStream at the SSRC, where an older client writes it', () => {
    const text = fixture('chromium-publish').replaceAll(/^a=msid:.*\r\n/gm, '');
    const [audio] = readDescription(text).sections;
    expect(audio?.msid?.streamId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('with simulcast by SSRCs, each layer with its retransmissions', () => {
    const [head] = fixture('chromium-simulcast').split('a=rid:');
    const lines = [
      'a=ssrc-group:SIM 1 2',
      'a=ssrc-group:FID 1 11',
      'a=ssrc-group:FID 2 12',
      ...[1, 2, 11, 12].map((ssrc) => `a=ssrc:${ssrc} cname:c`),
    ];
    const [video] = readDescription(`${head}${lines.join('\r\n')}\r\n`).sections;
    expect(video?.encodings).toEqual([
      { ssrc: 1, rtxSsrc: 11 },
      { ssrc: 2, rtxSsrc: 12 },
    ]);
  });

  it('and an m-section without a format is said again with one', () => {
    const text = fixture('chromium-publish').replace(
      /^m=video .*$/m,
      'm=video 0 UDP/TLS/RTP/SAVPF\r',
    );
    expect(readDescription(text).sections[1]).toMatchObject({ rejected: true, payloads: '0' });
  });

  it('and a refused m-section needs no mid', () => {
    const text = fixture('chromium-publish')
      .replace('m=video 9 ', 'm=video 0 ')
      .replace('a=mid:1\r\n', '')
      .replace('BUNDLE 0 1', 'BUNDLE 0');
    expect(readDescription(text).sections[1]).toMatchObject({ rejected: true, sends: false });
  });
});

describe('an SDP of an honest client', () => {
  it('is within what may be read, of whatever browser', () => {
    for (const name of [...fixtures, ...answers]) {
      expect(() => readDescription(fixture(name))).not.toThrow();
    }
  });

  it('is within it with 32 streams on one connection, published or received', () => {
    const times = (name: string): string => {
      const [head = '', ...sections] = fixture(name).split(/^(?=m=)/m);
      const all = Array.from({ length: 32 }, () => sections).flat();
      const numbered = all.map((section, mid) => section.replace(/^a=mid:.*$/m, `a=mid:${mid}\r`));
      const mids = all.map((_, mid) => mid).join(' ');
      return [head.replace(/^a=group.*$/m, `a=group:BUNDLE ${mids}\r`), ...numbered].join('');
    };
    for (const name of [
      'chromium-publish',
      'firefox-publish',
      'chromium-answer',
      'firefox-answer',
    ]) {
      expect(readDescription(times(name)).sections).toHaveLength(64);
    }
  });
});

describe('an SDP is refused as malformed', () => {
  const publish = fixture('chromium-publish');
  const cases: [string, string, RegExp][] = [
    ['that is empty', '', /v=0/],
    ['that is no SDP', '{"sdp":1}', /v=0/],
    ['without an m-section', publish.split('m=')[0] ?? '', /no m-section/],
    [
      'with 500 m-sections',
      publish + publish.slice(publish.indexOf('m=')).repeat(250),
      /more than 196608 characters/,
    ],
    ['without ICE', publish.replaceAll(/^a=ice-ufrag.*\r\n/gm, ''), /ice-ufrag/],
    ['without a fingerprint', publish.replaceAll(/^a=fingerprint.*\r\n/gm, ''), /fingerprint/],
    ['with two fingerprints', publish.replace(/(sha-256 )../, '$100'), /different fingerprints/],
    ['without BUNDLE', publish.replace(/^a=group.*\r\n/m, ''), /BUNDLE/],
    ['with one mid twice', publish.replace('a=mid:1', 'a=mid:0'), /one mid/],
    ['without a mid', publish.replace('a=mid:1\r\n', ''), /no mid/],
    ['with a mid that is no token', publish.replace('a=mid:1', 'a=mid:(1)'), /media\.1\.mid/],
    ['with a short ICE password', publish.replaceAll(/(a=ice-pwd:).*/g, '$1short'), /icePwd/],
    ['with a payload type over 127', publish.replaceAll('111 ', '211 '), /payload/],
    ['with an SSRC of zero', publish.replaceAll(/a=ssrc:\d+/g, 'a=ssrc:0'), /ssrcs/],
  ];
  it('with more lines than its m-sections have, whichever way they are broken', () => {
    const more = 3 * 192 - publish.split('\n').length;
    for (const end of ['\n', '\r', '\r\n']) {
      expect(() => readDescription(publish + `a=x${end}`.repeat(more))).not.toThrow();
      expect(() => readDescription(publish + `a=x${end}`.repeat(more + 1))).toThrow(
        /577 lines for 2 m-sections: offer fewer/,
      );
    }
  });

  it('with 129 m-sections, whichever way its lines are broken', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      const text = publish + `m=audio 0 UDP/TLS/RTP/SAVPF 0${end}`.repeat(127);
      expect(() => readDescription(text)).toThrow(/more than 128 m-sections/);
    }
  });

  it('with more m-sections than the connection has', () => {
    expect(readDescription(publish, { sections: 2 }).sections).toHaveLength(2);
    expect(() => readDescription(publish, { sections: 1 })).toThrow(/more than 1 m-sections/);
  });

  it('of more than 192 KiB', () => {
    const text = publish + 'a='.padEnd(limits.sdp_chars, 'x');
    expect(() => readDescription(text)).toThrow(/more than 196608 characters/);
  });

  it('with a codec that is named 17 times, of which one counts', () => {
    const text = publish.replace(/ 111 /, ` ${'111 '.repeat(17)}`);
    const [audio] = readDescription(text).sections;
    expect(audio?.codecs.filter(({ payloadType }) => payloadType === 111)).toHaveLength(1);
  });

  it.each(cases)('%s', (_, text, words) => {
    expect(() => readDescription(text)).toThrow(
      expect.objectContaining({ code: 'sdp_malformed', message: expect.stringMatching(words) }),
    );
  });
});
