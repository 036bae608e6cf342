import { describe, expect, test } from 'vitest';
import { killBusyErizos } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** What pages for Licode, which do nothing for it, see of an ErizoJS process that is killed. */

const stage = Stage.shared();
const [here, there] = ownRegions();

describe.each([
  ['a connection for each stream', {}],
  ['one connection each way', { singlePC: 'true' }],
] as const)('pages for Licode with %s', (_, options) => {
  test('go on in another process: publisher, viewers beside it and viewers in another region', async () => {
    const [ann, bob, cleo] = await Promise.all([
      stage.joinLicode({ name: 'ann', region: here, options }),
      stage.joinLicode({ name: 'bob', region: here, options }),
      stage.joinLicode({ name: 'cleo', region: there, options }),
    ]);
    const pages = [ann, bob, cleo];
    const camera = await ann.publish({ name: 'ann' });
    await Promise.all([bob.follow(camera), cleo.follow(camera)]);
    const back = await bob.publish({ name: 'bob' });
    await Promise.all([ann.follow(back), cleo.follow(back)]);

    // That of both publishers, twice; then that of the viewer elsewhere.
    for (const region of [here, here, there]) {
      await killBusyErizos(stage.system, region);
      await Promise.all([
        bob.goesOn(camera),
        cleo.goesOn(camera),
        ann.goesOn(back),
        cleo.goesOn(back),
      ]);
    }

    const told = (await Promise.all(pages.map((page) => page.told()))).flat();
    expect(told.filter((words) => words.startsWith('on'))).toEqual([]);
    for (const page of pages) {
      await page.disconnect();
    }
  });
});
