import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import type { CallerWish } from '../support/caller.ts';
import { countersOf } from '../support/counters.ts';
import { startTestSystem } from '../support/system.ts';
import { LayersPage } from './layers-page.ts';

/** A browser sends the layers that somebody plays, in whatever region, and no others. */

const patience = { timeout: 40_000, interval: 250 };
const regions = ['eu-west', 'us-east', 'ap-northeast'];
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(24, { regions }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

/** Somebody who is gone after the test. */
async function join(wish: CallerWish): Promise<LayersPage> {
  const page = await LayersPage.join(browser, system, wish);
  onTestFinished(() => page.leave());
  return page;
}

/** Which layers the publisher sends, as soon as they are these. */
async function sends(publisher: LayersPage, active: readonly boolean[]): Promise<void> {
  await vi.waitFor(
    async () => expect((await publisher.sent()).map((one) => one.active)).toEqual(active),
    patience,
  );
}

/** What a state costs: bits a second of each layer at the publisher, and over the way between regions. */
async function rates(publisher: LayersPage) {
  const crossed = async () => (await countersOf(system, 'eu-west'))['pipe_sent_bytes_total'] ?? 0;
  const before = await crossed();
  const seconds = 10;
  const sent = await publisher.sentOver(seconds);
  const wan = (await crossed()) - before;
  const kbps = (bytes: number): number => Math.round((bytes * 8) / seconds / 1_000);
  return {
    ...Object.fromEntries(Object.entries(sent).map(([rid, n]) => [rid, kbps(n)])),
    wan: kbps(wan),
  };
}

test('what is sent follows a viewer in another region, and its publisher to another node', async () => {
  const room = 'layers';
  const ann = await join({
    ...{ room, name: 'ann', pin: { allow: ['eu-west', 'us-east'], prefer: ['eu-west'] } },
  });
  await ann.publish();
  await sends(ann, [false, false]);
  const nobody = await rates(ann);

  const ben = await join({
    ...{ room, name: 'ben', pin: { allow: ['ap-northeast'] } },
  });
  await ben.play();
  await ben.sees(640);
  await sends(ann, [true, true]);
  const all = await rates(ann);

  await ben.setPlayback({ maxSpatial: 0 });
  await sends(ann, [true, false]);
  await ben.sees(320);
  const low = await rates(ann);
  console.log(JSON.stringify({ kbps: { nobody, all, low } }));
  expect(nobody).toMatchObject({ h: 0, f: 0 });
  expect(low).toMatchObject({ f: 0 });

  await ben.setPlayback({});
  await sends(ann, [true, true]);
  await ben.sees(640);

  // At another node all begins anew, and what ben wants is what it was.
  await ben.setPlayback({ maxSpatial: 0 });
  await sends(ann, [true, false]);
  const before = await ann.sendingConnections();
  await system.killNode('eu-west');
  await vi.waitFor(async () => expect(await ann.region()).toBe('us-east'), patience);
  // The ErizoJS process outlives its node, and is sent to until the new connection stands.
  await vi.waitFor(
    async () => expect(await ann.sendingConnections()).not.toEqual(before),
    patience,
  );
  await sends(ann, [true, false]);
  await ben.sees(320);
  expect(await ann.sentOver(2)).toMatchObject({ f: 0 });

  await ben.leave();
  await sends(ann, [false, false]);
});

test('who wants the last who spoke is sent one picture and hears all, and another publisher sends none', async () => {
  const room = 'last-n';
  const publishers: LayersPage[] = [];
  for (const name of ['ann', 'cleo']) {
    const pin = { allow: ['us-east'] };
    const publisher = await join({ room, name, pin });
    await publisher.publish();
    publishers.push(publisher);
  }
  const ben = await join({
    ...{ room, name: 'ben', pin: { allow: ['ap-northeast'] } },
  });
  await ben.setLastN(1);
  await ben.playAll(2);
  const playing = async () => {
    const before = await ben.received();
    await ben.rest(3);
    return [...(await ben.received())].map(([streamId, { frames, sound }]) => ({
      streamId,
      moves: frames > (before.get(streamId)?.frames ?? 0),
      sounds: sound > (before.get(streamId)?.sound ?? 0),
    }));
  };
  await vi.waitFor(async () => {
    const all = await playing();
    expect(all.map(({ sounds }) => sounds)).toEqual([true, true]);
    const moving = all.filter(({ moves }) => moves).map(({ streamId }) => streamId);
    expect(moving).toHaveLength(1);
    expect(await ben.shown()).toEqual(moving);
    const sent = await Promise.all(publishers.map((publisher) => publisher.sent()));
    expect(sent.filter((layers) => layers.some(({ active }) => active))).toHaveLength(1);
  }, patience);

  await ben.setLastN(undefined);
  await vi.waitFor(
    async () => expect((await playing()).map(({ moves }) => moves)).toEqual([true, true]),
    patience,
  );
});
