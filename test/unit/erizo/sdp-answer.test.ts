import { describe, expect, it } from 'vitest';
import { answerSetup, writeAnswer } from '../../../nodes/erizo/sdp/answer.ts';
import { choose, parametersOf } from '../../../nodes/erizo/sdp/codecs.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import type { RemoteDescription } from '../../../nodes/erizo/sdp/remote.ts';
import { chooseAll, producedFrom } from '../../support/sdp-side.ts';
import { capabilities, fixture, fixtures, local, origin } from './sdp-kit.ts';

function answerTo(name: string): { offer: RemoteDescription; text: string } {
  const offer = readDescription(fixture(name));
  return { offer, text: writeAnswer(offer, local, chooseAll(offer), origin) };
}

describe('the codec of a section', () => {
  it('is the first that the router has, with its retransmissions', () => {
    const { sections } = readDescription(fixture('chromium-publish'));
    const chosen = sections.map((section) => choose(section, capabilities));
    expect(chosen.map((one) => one?.codec.name)).toEqual(['opus', 'VP8']);
    expect(chosen[1]?.rtx).toMatchObject({ name: 'rtx', parameters: { apt: 96 } });
  });

  it('has the feedback of both sides and one bandwidth estimation', () => {
    const [, video] = readDescription(fixture('chromium-publish')).sections;
    const chosen = video === undefined ? undefined : choose(video, capabilities);
    expect(chosen?.feedback).toEqual(
      expect.arrayContaining([
        { type: 'nack' },
        { type: 'nack', parameter: 'pli' },
        { type: 'ccm', parameter: 'fir' },
        { type: 'transport-cc' },
      ]),
    );
    expect(chosen?.feedback).not.toContainEqual({ type: 'goog-remb' });
  });

  it('is estimated by REMB where the client has no transport-wide sequence numbers', () => {
    const text = fixture('chromium-publish').replaceAll(
      /^a=extmap:\d+ .*transport-wide.*\r\n/gm,
      '',
    );
    const [, video] = readDescription(text).sections;
    const types = video && choose(video, capabilities)?.feedback.map(({ type }) => type);
    expect(types).toContain('goog-remb');
    expect(types).not.toContain('transport-cc');
  });

  it('is H.264 only in constrained baseline with packetization mode 1', () => {
    const only = (line: string): string =>
      fixture('firefox-h264')
        .replace(/^m=video 9 (\S+) .*$/m, 'm=video 9 $1 126')
        .replace(/^a=fmtp:126 .*$/m, `a=fmtp:126 ${line}`);
    const codecOf = (line: string): string | undefined => {
      const [, video] = readDescription(only(line)).sections;
      return video && choose(video, capabilities)?.codec.name;
    };
    expect(codecOf('profile-level-id=42e01f;packetization-mode=1')).toBe('H264');
    expect(codecOf('profile-level-id=420015;packetization-mode=1')).toBe(undefined);
    expect(codecOf('profile-level-id=42e01f')).toBe(undefined);
    expect(codecOf('profile-level-id=640c1f;packetization-mode=1')).toBe(undefined);
  });
});

describe('the answer', () => {
  it.each(fixtures)('to %s has its m-sections in their order and reads back as SDP', (name) => {
    const { offer, text } = answerTo(name);
    const mids = [...text.matchAll(/^a=mid:(.+)\r$/gm)].map((match) => match[1]);
    expect(mids).toEqual(offer.sections.map(({ mid }) => mid));
    expect(text).toContain('a=ice-lite\r\n');
    expect(text.includes('a=candidate:')).toBe(text.includes(' 9 UDP/TLS'));
  });

  it('is the client of DTLS and receives what is sent', () => {
    const answer = readDescription(answerTo('chromium-publish').text);
    expect(answer.setup).toBe('active');
    expect(answer.ice).toEqual(local.ice);
    expect(answer.sections.map(({ receives, sends }) => [receives, sends])).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('is passive where the offer is active', () => {
    const offer = readDescription(
      fixture('chromium-publish').replaceAll('a=setup:actpass', 'a=setup:active'),
    );
    expect(answerSetup(offer)).toBe('passive');
  });

  it('takes all layers of simulcast', () => {
    const { text } = answerTo('chromium-simulcast');
    expect(text).toContain('a=simulcast:recv q;h;f\r\n');
    expect(text.match(/^a=rid:\w recv/gm)).toHaveLength(3);
  });

  it('refuses data channels and leaves idle what is only received', () => {
    expect(answerTo('chromium-two-streams').text).toMatch(/^m=application 0 /m);
    expect(answerTo('chromium-receive').text.match(/^a=inactive/gm)).toHaveLength(2);
  });
});

describe('the RTP parameters of a section', () => {
  it.each(fixtures)('of %s are such that a router can map them', (name) => {
    const offer = readDescription(fixture(name));
    for (const [mid, chosen] of chooseAll(offer)) {
      const section = offer.sections.find((one) => one.mid === mid);
      if (section === undefined) {
        throw new Error('a section was chosen that is not there');
      }
      const { headerExtensions } = parametersOf(section, chosen);
      expect(producedFrom(section, chosen).headerExtensions).toHaveLength(
        headerExtensions?.length ?? -1,
      );
    }
  });
});
