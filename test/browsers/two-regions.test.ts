import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import type { Counters } from '../support/counters.ts';
import { countersOf, openIn } from '../support/counters.ts';
import { Participant } from '../support/participant.ts';
import { demoToken, openSdkPage } from '../support/sdk-page.ts';
import { startTestSystem } from '../support/system.ts';

/** The main job: two browsers in two regions see each other, over one pipe each way. */

const patience = { timeout: 40_000, interval: 250 };
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;
let atStart: Counters;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(1));
  browser = await launchChromium();
  atStart = await openIn(system);
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

/** Frames that came in over some seconds of the browser's own time, and what is heard. */
async function watch(viewer: Participant, seconds: number) {
  const before = await viewer.incoming();
  await viewer.page.evaluate(
    (wait_ms) => new Promise((resolve) => setTimeout(resolve, wait_ms)),
    seconds * 1000,
  );
  const after = await viewer.incoming();
  return after.map((stream) => {
    const earlier = before.find(({ streamId }) => streamId === stream.streamId);
    return {
      frames: (stream.video?.frames ?? 0) - (earlier?.video?.frames ?? 0),
      width: stream.video?.width ?? 0,
      energy: (stream.audio?.energy ?? 0) - (earlier?.audio?.energy ?? 0),
    };
  });
}

test('two browsers in two regions see and hear each other, and a third adds no copy over the ocean', async () => {
  const ann = await Participant.open(browser, system, {
    room: 'demo',
    name: 'ann',
    region: 'eu-west',
  });
  const ben = await Participant.open(browser, system, {
    room: 'demo',
    name: 'ben',
    region: 'ap-northeast',
  });
  await Promise.all([ann.sees(1), ben.sees(1)]);
  expect(await ann.regions()).toEqual(['ap-northeast']);
  expect(await ben.regions()).toEqual(['eu-west']);

  for (const [heard] of await Promise.all([watch(ann, 5), watch(ben, 5)])) {
    expect(heard?.frames).toBeGreaterThan(50);
    expect(heard?.width).toBeGreaterThan(0);
    expect(heard?.energy).toBeGreaterThan(0);
  }

  // Who speaks has a ring, whether here or over the ocean; one of them at a time.
  for (const { page } of [ann, ben]) {
    await page.waitForSelector('article[data-speaks]');
    expect(await page.locator('article[data-speaks]').count()).toBe(1);
  }

  // Exactly one stream crosses each way, both on the one pipe that two processes share.
  for (const region of ['eu-west', 'ap-northeast']) {
    expect(await countersOf(system, region)).toMatchObject({
      wan_pulls: 1,
      pulls: 1,
      feeds: 1,
      cascade_opens_total: 1,
    });
  }
  expect(await countersOf(system, 'us-east')).toMatchObject({ pulls: 0, pipe_transports: 0 });

  const cleo = await Participant.open(browser, system, {
    room: 'demo',
    name: 'cleo',
    region: 'ap-northeast',
  });
  await Promise.all([ann.sees(2), ben.sees(2), cleo.sees(2)]);
  expect(await countersOf(system, 'ap-northeast')).toMatchObject({ wan_pulls: 1 });
  expect((await countersOf(system, 'eu-west'))['wan_pulls']).toBe(2);

  for (const participant of [ann, ben, cleo]) {
    expect(participant.complaints).toEqual([]);
    await participant.leave();
  }
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});

test('who looks at a small window, or wants few pictures, is sent no more', async () => {
  const open = (name: string, more: object = {}): Promise<Participant> =>
    Participant.open(browser, system, { room: 'small', name, region: 'eu-west', ...more });
  const [ann, ben] = [await open('ann'), await open('ben')];
  await Promise.all([ann.sees(1), ben.sees(1)]);
  const widthOf = async (viewer: Participant): Promise<number> => {
    const [stream] = await viewer.incoming();
    return stream?.video?.width ?? 0;
  };
  await vi.waitFor(async () => expect(await widthOf(ben)).toBe(640), patience);
  await ben.page.setViewportSize({ width: 260, height: 500 });
  await vi.waitFor(async () => expect(await widthOf(ben)).toBe(320), patience);
  await vi.waitFor(async () => expect(await widthOf(ann)).toBe(640), patience);

  const cleo = await open('cleo', { videos: '1' });
  await vi.waitFor(async () => {
    const pictures = (await cleo.incoming()).map(({ video }) => video?.frames ?? 0);
    expect(pictures).toHaveLength(2);
    expect(pictures.filter((frames) => frames > 0)).toHaveLength(1);
  }, patience);
  await cleo.page.getByText('sound only for now').waitFor();
  for (const participant of [ann, ben, cleo]) {
    expect(participant.complaints).toEqual([]);
    await participant.leave();
  }
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});

test('fifty joins and leaves leave nothing behind', async () => {
  const ann = await Participant.open(browser, system, {
    room: 'many',
    name: 'ann',
    region: 'eu-west',
  });
  await ann.page.waitForSelector('video[data-local]');
  await vi.waitFor(
    async () => expect((await countersOf(system, 'eu-west'))['publishers']).toBe(1),
    patience,
  );
  const viewer = await openSdkPage(browser, system.edgeUrl);
  for (let time = 1; time <= 50; time += 1) {
    const token = await demoToken(system.edgeUrl, {
      room: 'many',
      name: `viewer ${time}`,
      region: 'ap-northeast',
    });
    await viewer.evaluate(async (text) => (await window.watch(text)).leave(), token);
  }
  await viewer.close();
  await ann.leave();
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});
