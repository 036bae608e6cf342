import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OfferedSection } from '../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../nodes/erizo/sdp/read.ts';
import type { RemoteDescription } from '../../nodes/erizo/sdp/remote.ts';
import { findFirefox, launchFirefox } from '../support/firefox.ts';
import type { BrowserPage } from '../support/page/browser-page.ts';
import { callInPage, openChromiumPage, openFirefoxPage } from '../support/page/browser-page.ts';
import { bundled } from '../support/page/scripts.ts';
import { OurSide, sentOn } from '../support/sdp-side.ts';
import { Stage } from '../support/stage/stage.ts';
import { fixture } from '../unit/erizo/sdp-kit.ts';
import type {} from './sdp-in-page.ts';

/**
 * The SDP module and real browsers, description by description: each takes what we say to it, and we what it
 * says. With RIZOMA_RECORD_SDP set to a folder all that they said is written there, as in test/fixtures/sdp.
 */

type Said = NonNullable<Awaited<ReturnType<Window['stage']['goOn']>>>;

const record = process.env['RIZOMA_RECORD_SDP'];
const firefox = findFirefox();
/** Of the system the tests need the origin alone, and of the pages one for all tests of a browser. */
const stage = Stage.shared();

async function openTab(page: BrowserPage): Promise<BrowserPage> {
  await page.goto(`${stage.system.edgeUrl}/healthz`);
  await page.addScript(await bundled(new URL('sdp-in-page.ts', import.meta.url)), 'classic');
  return page;
}

const openChromium = async () => openTab(await openChromiumPage(stage.browser));
const openFirefox = async () => openTab(await openFirefoxPage(await launchFirefox(firefox ?? '')));

type PageStage = Window['stage'];

const [audio, video] = sentOn(fixture('chromium-publish'), '100000000000000001', 0);
const more = sentOn(fixture('chromium-publish'), '100000000000000002', 2);
if (audio === undefined || video === undefined) {
  throw new Error('the recorded offer has two tracks');
}
const first = [audio, video];
const idle = first.map((section) => ({ ...section, state: { type: 'idle' as const } }));
const dead = more.map((section, index) =>
  index === 1 ? { ...section, state: { type: 'dead' as const } } : section,
);

/** What we offer or answer with in the scenes in which we send, in turn; nothing where nobody waits for it. */
const ours: Readonly<Record<string, readonly (readonly OfferedSection[])[]>> = {
  receives: [first, [...first, ...more], [...idle, ...more], [], [...idle, ...dead]],
  glare: [first, [...first, ...more], [], [...first, ...more]],
};

/** Plays a scene to its end; everything that was said in it, as we read it. */
async function play(
  tab: BrowserPage,
  scene: string,
  name: string,
): Promise<Record<string, RemoteDescription>> {
  const side = new OurSide();
  const sections = [...(ours[scene] ?? [])];
  const read: Record<string, RemoteDescription> = {};
  const goOn = (reply: string): Promise<Said | undefined> =>
    callInPage(tab, 'window.stage', (inPage: PageStage, text) => inPage.goOn(text), reply);
  const begin = (inPage: PageStage, wanted: string) => inPage.begin(wanted);
  let said = await callInPage(tab, 'window.stage', begin, scene);
  while (said !== undefined) {
    const { name: what, type, sdp } = said;
    if (sdp !== '') {
      read[what] = readDescription(sdp);
      keep(`${name}-${what}`, sdp);
    }
    const next = sections.shift();
    if (next === undefined) {
      said = await goOn(type === 'offer' ? side.answerTo(readDescription(sdp)) : '');
    } else {
      said = await goOn(
        type === 'offer' ? side.sendingAnswer(readDescription(sdp), next) : side.offer(next),
      );
    }
  }
  return read;
}

function keep(name: string, sdp: string): void {
  if (record !== undefined) {
    mkdirSync(record, { recursive: true });
    writeFileSync(join(record, `${name}.sdp`), sdp);
  }
}

describe.each([
  ['chromium', openChromium, true],
  // The set-up says how to get one where there is none.
  ['firefox', openFirefox, firefox !== undefined],
] as const)('%s', (name, open, isThere) => {
  let tab: BrowserPage;
  beforeAll(async () => {
    tab = isThere ? await open() : tab;
  });
  afterAll(() => tab?.close());

  it.skipIf(!isThere).each([
    ['publish', 2],
    ['audio', 1],
    ['video', 1],
    ['screen', 1],
    ['simulcast', 1],
    ['vp9', 1],
    ['av1', 1],
    ['gathered', 2],
  ])('takes our answer to %s, in which it sends %d tracks', async (scene, tracks) => {
    const said = await play(tab, scene, name);
    const description = said[scene];
    expect(description?.sections.filter(({ sends }) => sends)).toHaveLength(tracks);
  });

  it.skipIf(!isThere)('offers H.264 that we take, where it has some', async () => {
    const { h264 } = await play(tab, 'h264', name);
    const codecs = h264?.sections.flatMap((section) => section.codecs) ?? [];
    expect(codecs.some((codec) => codec.name === 'H264')).toBe(h264 !== undefined);
  });

  it.skipIf(!isThere)('stops streams, reuses their sections and restarts ICE', async () => {
    const said = await play(tab, 'streams', name);
    const sent = Object.values(said).map(
      ({ sections }) =>
        sections.filter(({ sends, kind }) => sends && kind !== 'application').length,
    );
    expect(sent).toEqual([4, 2, 4, 4]);
    expect(said['restart']?.ice).not.toEqual(said['reused']?.ice);
  });

  it.skipIf(!isThere)('answers our offers, and refuses a section for good', async () => {
    const said = await play(tab, 'receives', name);
    const received = (what: string) => said[what]?.sections.map(({ receives }) => receives);
    expect(received('answer')).toEqual([true, true]);
    expect(received('answer-more')).toEqual([true, true, true, true]);
    // A browser rejects the section only with its own next offer.
    expect(received('answer-refused')).toEqual([false, false, true, false]);
    expect(said['restart-receiving']?.sections[3]?.rejected).toBe(true);
    expect(said['answer']?.setup).toBe('active');
    expect(said['restart-receiving']?.ice).not.toEqual(said['answer']?.ice);
  });

  it.skipIf(!isThere)(
    'goes back on an offer of its own when ours comes, and offers again',
    async () => {
      const said = await play(tab, 'glare', name);
      expect(Object.keys(said)).toEqual(['glare-before', 'glare-taken', 'glare-again']);
      expect(said['glare-taken']?.sections.map(({ receives }) => receives)).toEqual(
        Array(4).fill(true),
      );
      expect(said['glare-again']?.ice).not.toEqual(said['glare-before']?.ice);
    },
  );
});
