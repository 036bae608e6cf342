import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { openIn } from '../support/counters.ts';
import { killErizos } from '../support/killed.ts';
import { licodeSuite } from '../support/licode-suite.ts';

/** What pages for Licode, which do nothing for it, see of an ErizoJS process that is killed. */

const patience = { timeout: 40_000, interval: 250 };
const suite = licodeSuite(8);

const goesOn = (page: Page, id: string): Promise<void> =>
  page.evaluate((stream) => window.licode.goesOn(stream, 15), id);

async function follow(page: Page, id: string): Promise<void> {
  await page.evaluate((wanted) => window.licode.until(`onAddStream ${wanted}`), id);
  await page.evaluate((wanted) => window.licode.subscribe(wanted), id);
  await goesOn(page, id);
}

describe.each([
  ['one connection a stream', {}],
  ['two connections', { singlePC: 'true' }],
] as const)('pages for Licode with %s', (_, options) => {
  it('go on in another process, publisher, viewers beside it and viewers in another region', async () => {
    const room = `recovery ${JSON.stringify(options)}`;
    const { system, join } = suite;
    const atStart = await openIn(system);
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'eu-west' }, options);
    const cleo = await join({ room, name: 'cleo', region: 'ap-northeast' }, options);
    const pages = [ann, bob, cleo];
    const camera = await ann.evaluate(() => window.licode.publish({ name: 'ann' }));
    await Promise.all([follow(bob, camera), follow(cleo, camera)]);
    const back = await bob.evaluate(() => window.licode.publish({ name: 'bob' }));
    await Promise.all([follow(ann, back), follow(cleo, back)]);

    // That of both publishers, twice; then that of the viewer elsewhere.
    for (const region of ['eu-west', 'eu-west', 'ap-northeast']) {
      await killErizos(system, region);
      await Promise.all([
        goesOn(bob, camera),
        goesOn(cleo, camera),
        goesOn(ann, back),
        goesOn(cleo, back),
      ]);
    }

    const told = await Promise.all(pages.map((page) => page.evaluate(() => window.licode.told)));
    expect(told.flat().filter((words) => words.startsWith('on'))).toEqual([]);
    for (const page of pages) {
      await page.evaluate(() => window.licode.disconnect());
    }
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});
