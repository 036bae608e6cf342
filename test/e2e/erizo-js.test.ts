import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import type { Counters } from '../support/counters.ts';
import { openIn } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import { startTestSystem } from '../support/system.ts';
import { killErizos } from '../support/killed.ts';
import * as inPage from './erizo-js.ts';

/**
 * Licode's own client, where the environment says where it is: it is built from Licode's repository and
 * is no part of this one. What it says is also said, without it, by the pages of `licode.test.ts`.
 */
const path = process.env['RIZOMA_ERIZO_JS'];

const patience = { timeout: 40_000, interval: 250 };

describe.skipIf(path === undefined)('Licode’s own client, unmodified', () => {
  let browser: Browser;
  let system: LocalSystem;
  let stop: () => Promise<void>;
  let atStart: Counters;

  beforeAll(async () => {
    ({ system, stop } = await startTestSystem(7));
    browser = await launchChromium();
    atStart = await openIn(system);
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  async function join(
    who: { room: string; name: string; region: string },
    options: object,
  ): Promise<Page> {
    const token = await demoToken(system.edgeUrl, who);
    const page = await browser.newPage();
    await page.goto(`${system.edgeUrl}/healthz`);
    await page.addScriptTag({ content: readFileSync(path ?? '', 'utf8') });
    await page.evaluate(() => {
      document.body.innerHTML = '<div id="videos"></div>';
    });
    await page.evaluate(inPage.connect, { token, options });
    return page;
  }

  const heard = (page: Page, words: string): Promise<unknown> =>
    page.waitForFunction((wanted) => window.heard.includes(wanted), words);

  it.each([{}, { singlePC: true }])(
    'connects with %j, publishes, subscribes, sends data and gives up, in two regions',
    async (options) => {
      const room = `erizo.js ${JSON.stringify(options)}`;
      const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
      const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
      const one = await ann.evaluate(inPage.publish, {});
      const two = await ann.evaluate(inPage.publish, { simulcast: { numSpatialLayers: 2 } });
      for (const id of [one, two]) {
        await heard(bob, `added ${id}`);
        await bob.evaluate(inPage.subscribe, id);
        await heard(bob, `subscribed ${id}`);
        await bob.evaluate(inPage.plays, id);
      }
      await ann.evaluate(() => window.local.sendData('hello'));
      await heard(bob, `data ${two} "hello"`);
      await bob.evaluate((id) => {
        const stream = window.room.remoteStreams.get(id);
        if (stream !== undefined) {
          window.room.unsubscribe(stream);
        }
      }, one);
      await heard(bob, `unsubscribed ${one}`);
      await ann.evaluate(() => window.room.disconnect());
      await heard(bob, `removed ${two}`);
      await bob.evaluate(() => window.room.disconnect());
      const failed = await bob.evaluate(() =>
        window.heard.filter((one) => one.startsWith('failed')),
      );
      expect(failed).toEqual([]);
      await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
    },
  );

  it.each([{}, { singlePC: true }])(
    'goes on with %j when the ErizoJS processes of a publisher and of a viewer are killed',
    async (options) => {
      const room = `killed ${JSON.stringify(options)}`;
      const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
      const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
      const id = await ann.evaluate(inPage.publish, {});
      await heard(bob, `added ${id}`);
      await bob.evaluate(inPage.subscribe, id);
      await heard(bob, `subscribed ${id}`);
      await bob.evaluate(inPage.plays, id);
      const before = await bob.evaluate(() => window.heard.length);
      for (const region of ['eu-west', 'ap-northeast']) {
        await killErizos(system, region);
        await bob.evaluate(inPage.goesOn, id);
      }
      expect(await bob.evaluate(() => window.heard.length)).toBe(before);
      // And what comes after it goes over what there is.
      const two = await ann.evaluate(inPage.publish, {});
      await heard(bob, `added ${two}`);
      await bob.evaluate(inPage.subscribe, two);
      await heard(bob, `subscribed ${two}`);
      await Promise.all([bob.evaluate(inPage.plays, two), bob.evaluate(inPage.goesOn, id)]);
      await ann.evaluate(() => window.room.disconnect());
      await heard(bob, `removed ${two}`);
      await bob.evaluate(() => window.room.disconnect());
      await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
    },
  );

  it('hears of a connection that carries too little, and says how it is to be shared', async () => {
    const room = 'erizo.js and bandwidth';
    const options = { singlePC: true };
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    const least = { minVideoBW: 250, scheme: 'notify-slideshow' };
    const id = await ann.evaluate(inPage.publish, least);
    await heard(bob, `added ${id}`);
    await bob.evaluate(inPage.subscribe, id);
    await heard(bob, `subscribed ${id}`);
    await bob.evaluate(inPage.plays, id);
    await bob.waitForFunction(() => window.quality === 'good');
    await bob.evaluate(inPage.setBandwidth, { strategy: 'high', target_bps: 60_000 });
    const config = { priorityLevel: '40', slideShowBelowLayer: { enabled: false } };
    await bob.evaluate(inPage.configure, { id, config });
    await heard(bob, `insufficient ${id}`);
    await heard(bob, `slideshow ${id}`);
    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.room.disconnect())));
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});
