import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
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
  const ann = await LayersPage.join(browser, system, {
    ...{ room, name: 'ann', pin: { allow: ['eu-west', 'us-east'], prefer: ['eu-west'] } },
  });
  await ann.publish();
  await sends(ann, [false, false]);
  const nobody = await rates(ann);

  const ben = await LayersPage.join(browser, system, {
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
  await system.killNode('eu-west');
  await vi.waitFor(async () => expect(await ann.region()).toBe('us-east'), patience);
  await sends(ann, [true, false]);
  await ben.sees(320);
  expect(await ann.sentOver(2)).toMatchObject({ f: 0 });

  await ben.leave();
  await sends(ann, [false, false]);
  await ann.leave();
});
