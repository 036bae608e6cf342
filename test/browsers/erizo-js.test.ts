import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { openIn } from '../support/counters.ts';
import { killErizos } from '../support/killed.ts';
import { demoToken } from '../support/sdk-page.ts';
import { erizoJs, erizoJsSuite, follow, heard } from './erizo-js-suite.ts';
import * as inPage from './erizo-js.ts';

/** Licode's own client. What it says is also said, without it, by the pages of `licode.test.ts`. */

const patience = { timeout: 40_000, interval: 250 };

describe.skipIf(erizoJs === undefined)('Licode’s own client, unmodified', () => {
  const suite = erizoJsSuite(7);

  async function join(
    who: { room: string; name: string; region: string },
    options: object,
  ): Promise<Page> {
    return suite.connect(await demoToken(suite.system.edgeUrl, who), options);
  }

  it.each([{}, { singlePC: true }])(
    'connects with %j, publishes, subscribes, sends data and gives up, in two regions',
    async (options) => {
      const { system } = suite;
      const atStart = await openIn(system);
      const room = `erizo.js ${JSON.stringify(options)}`;
      const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
      const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
      const one = await ann.evaluate(inPage.publish, {});
      const two = await ann.evaluate(inPage.publish, {
        options: { simulcast: { numSpatialLayers: 2 } },
      });
      for (const id of [one, two]) {
        await follow(bob, id);
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
      const { system } = suite;
      const atStart = await openIn(system);
      const room = `killed ${JSON.stringify(options)}`;
      const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
      const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
      const id = await ann.evaluate(inPage.publish, {});
      await follow(bob, id);
      const before = await bob.evaluate(() => window.heard.length);
      for (const region of ['eu-west', 'ap-northeast']) {
        await killErizos(system, region);
        await bob.evaluate(inPage.goesOn, id);
      }
      expect(await bob.evaluate(() => window.heard.length)).toBe(before);
      // And what comes after it goes over what there is.
      const two = await ann.evaluate(inPage.publish, {});
      await Promise.all([follow(bob, two), bob.evaluate(inPage.goesOn, id)]);
      await ann.evaluate(() => window.room.disconnect());
      await heard(bob, `removed ${two}`);
      await bob.evaluate(() => window.room.disconnect());
      await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
    },
  );

  it('hears of a connection that carries too little, and says how it is to be shared', async () => {
    const { system } = suite;
    const atStart = await openIn(system);
    const room = 'erizo.js and bandwidth';
    const options = { singlePC: true };
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    const least = { minVideoBW: 250, scheme: 'notify-slideshow' };
    const id = await ann.evaluate(inPage.publish, { options: least });
    await follow(bob, id);
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
