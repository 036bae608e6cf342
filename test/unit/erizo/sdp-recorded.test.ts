import { describe, expect, it } from 'vitest';
import { choose } from '../../../nodes/erizo/sdp/codecs.ts';
import type { OfferedSection } from '../../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { checkSections } from '../../../nodes/erizo/slot.ts';
import { OurSide, sentOn } from '../../support/sdp-side.ts';
import { answers, capabilities, fixture, fixtures } from './sdp-kit.ts';

/** What Chromium, Firefox and Safari say, one by one; test/browsers/sdp-browsers.test.ts records it. */

const browsers = ['chromium', 'firefox', 'safari'] as const;

/** `mid kind state layers` of each m-section. */
function stateOf(name: string): string[] {
  return readDescription(fixture(name)).sections.map((section) => {
    const { mid, kind, rejected, sends, receives, rids } = section;
    const state = rejected ? 'rejected' : sends ? 'sends' : receives ? 'receives' : 'idle';
    return [mid, kind, state, ...rids].join(' ');
  });
}

function chosen(name: string, text = fixture(name)) {
  return readDescription(text).sections.flatMap((section) => {
    const one = section.sends ? choose(section, capabilities) : undefined;
    return one === undefined ? [] : [one];
  });
}

const codecsOf = (name: string): string[] => chosen(name).map(({ codec }) => codec.name);

describe('the codecs that a browser is taken with', () => {
  it.each([
    ['chromium-publish', ['opus', 'VP8']],
    ['chromium-audio', ['opus']],
    ['chromium-video', ['VP8']],
    ['chromium-screen', ['VP8']],
    ['chromium-simulcast', ['VP8']],
    ['chromium-vp9', ['VP9']],
    ['chromium-av1', ['AV1']],
    ['chromium-h264', ['H264']],
    ['firefox-publish', ['opus', 'VP8']],
    ['firefox-audio', ['opus']],
    ['firefox-video', ['VP8']],
    ['firefox-screen', ['VP8']],
    ['firefox-simulcast', ['VP8']],
    ['firefox-vp9', ['VP9']],
    ['firefox-av1', ['AV1']],
    ['firefox-h264', ['opus', 'VP8']],
    ['safari-publish', ['opus', 'H264']],
    ['safari-simulcast', ['opus', 'H264']],
  ])('of %s are the first ones that the router has', (name, codecs) => {
    expect(codecsOf(name)).toEqual(codecs);
  });

  it('are with retransmissions and transport-wide congestion control, of every video', () => {
    for (const name of fixtures) {
      for (const { kind, codec, rtx, feedback } of chosen(name).filter(
        (one) => one.kind === 'video',
      )) {
        expect({ name, kind, apt: rtx?.parameters['apt'] }).toEqual({
          ...{ name, kind, apt: codec.payloadType },
        });
        expect(feedback).toContainEqual({ type: 'transport-cc' });
        expect(feedback).toContainEqual({ type: 'nack', parameter: 'pli' });
      }
    }
  });

  it('of Safari are constrained baseline, which it offers after the high profile', () => {
    const [, video] = chosen('safari-publish');
    expect(video?.codec).toMatchObject({
      payloadType: 98,
      parameters: { 'profile-level-id': '42e01f', 'packetization-mode': 1 },
    });
    expect(video?.rtx?.payloadType).toBe(99);
  });

  it.each(browsers)('of %s keep what an app asked of Opus, and are answered so', (browser) => {
    const wish = 'useinbandfec=1;usedtx=1;stereo=1;sprop-stereo=1;maxaveragebitrate=64000';
    const text = fixture(`${browser}-publish`).replace(
      /^(a=fmtp:1\d\d ).*useinbandfec.*$/m,
      `$1${wish}\r`,
    );
    const answer = new OurSide().answerTo(readDescription(text));
    expect(answer).toMatch(new RegExp(`^a=fmtp:1\\d\\d ${wish}\r$`, 'm'));
  });
});

describe('the m-sections of a browser', () => {
  it.each(browsers)('of %s have simulcast layers by rid', (browser) => {
    expect(stateOf(`${browser}-simulcast`).at(-1)).toMatch(/ video sends q h f$/);
    const answer = new OurSide().answerTo(readDescription(fixture(`${browser}-simulcast`)));
    expect(answer).toContain('a=simulcast:recv q;h;f\r\n');
  });

  it.each(['chromium', 'firefox'])('of %s are stopped, and used again for others', (browser) => {
    expect(stateOf(`${browser}-two-streams`)).toEqual([
      ...['0 audio sends', '1 video sends', '2 audio sends', '3 video sends'],
      '4 application sends',
    ]);
    const second = ['2 audio sends', '3 video sends', '4 application rejected'];
    expect(stateOf(`${browser}-stopped`)).toEqual([
      ...['0 audio rejected', '1 video rejected', ...second],
    ]);
    expect(stateOf(`${browser}-reused`)).toEqual(['5 audio sends', '6 video sends', ...second]);
    expect(stateOf(`${browser}-inactive`)).toEqual(['0 audio idle', '1 video idle']);
  });

  it.each(['chromium', 'firefox'])('of %s begin ICE anew', (browser) => {
    const [before, after] = ['reused', 'restart'].map(
      (name) => readDescription(fixture(`${browser}-${name}`)).ice,
    );
    expect(after?.ufrag).not.toBe(before?.ufrag);
  });

  it.each(['chromium', 'firefox'])(
    'of %s are read the same when all candidates are in them',
    (browser) => {
      expect(fixture(`${browser}-gathered`)).toMatch(/^a=candidate:/m);
      expect(stateOf(`${browser}-gathered`)).toEqual(stateOf(`${browser}-publish`));
    },
  );
});

const first = sentOn(fixture('chromium-publish'), '100000000000000001', 0);
const more = sentOn(fixture('chromium-publish'), '100000000000000002', 2);
const sections: readonly OfferedSection[] = [...first, ...more];
const slots = sections.map((section) => ({
  ...section,
  owner: undefined,
  consumer: undefined,
  dead: false,
}));

describe('the answer of a browser', () => {
  it.each(answers)('%s makes it the client of DTLS and has the sections of our offer', (name) => {
    const answer = readDescription(fixture(name));
    expect(answer.setup).toBe('active');
    const count = name.endsWith('-answer') ? 2 : 4;
    expect(() => checkSections(answer, slots.slice(0, count))).not.toThrow();
  });

  it.each(['chromium', 'firefox'])('of %s says which sections it takes', (browser) => {
    expect(stateOf(`${browser}-answer`)).toEqual(['0 audio receives', '1 video receives']);
    expect(stateOf(`${browser}-answer-refused`)).toEqual([
      // A section that was stopped is rejected only with the browser's own next offer.
      ...['0 audio idle', '1 video idle', '2 audio receives', '3 video idle'],
    ]);
    expect(stateOf(`${browser}-glare-taken`)).toEqual([
      ...['0 audio receives', '1 video receives', '2 audio receives', '3 video receives'],
    ]);
  });
});

describe('our answer to who only receives', () => {
  const answerTo = (name: string): string =>
    new OurSide().sendingAnswer(readDescription(fixture(name)), sections);

  it.each(['chromium', 'firefox'])('in %s adds nothing to the offer', (browser) => {
    const offer = readDescription(fixture(`${browser}-restart-receiving`));
    const answer = readDescription(answerTo(`${browser}-restart-receiving`));
    for (const [index, { extensions, codecs, rejected }] of answer.sections.entries()) {
      const offered = offer.sections[index];
      expect(offered?.extensions).toEqual(expect.arrayContaining([...extensions]));
      expect(rejected).toBe(offered?.rejected);
      const types = (from: typeof codecs = []) => from.map(({ payloadType }) => payloadType);
      expect(types(offered?.codecs)).toEqual(expect.arrayContaining(types(codecs)));
    }
  });

  it('sends nothing where it does not receive any more', () => {
    const text = fixture('chromium-restart-receiving').replace('a=recvonly', 'a=inactive');
    const answer = new OurSide().sendingAnswer(readDescription(text), sections);
    const { sections: answered } = readDescription(answer);
    expect(answered.map(({ sends }) => sends)).toEqual([false, true, true, false]);
  });
});
