import { describe, expect, test } from 'vitest';
import { findFirefox } from '../support/firefox.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** Several streams of one publisher in either browser, all on one connection. */

const stage = Stage.shared();
const [here] = ownRegions();

describe.each([
  ['chromium', true],
  ['firefox', findFirefox() !== undefined],
] as const)('a publisher in %s', (browser, isThere) => {
  test.skipIf(!isThere)(
    'unpublishes its first stream and publishes a third, and the second is undisturbed',
    async () => {
      const ann = await stage.join({ name: 'ann', region: here, in: browser });
      const ben = await stage.openDemo({ name: 'ben', region: here });
      const first = await ann.publish();
      const second = await ann.publish();
      await ben.playsOn({ ids: [first, second] });
      await ann.unpublish(first);
      await ben.playsOn({ ids: [second] });
      const third = await ann.publish();
      await ben.playsOn({ ids: [second, third] });
      await ann.unpublish(third);
      const fourth = await ann.publish();
      await ben.playsOn({ ids: [second, fourth] });
      // A stream that had to be published again would have another id.
      expect(await ann.own()).toEqual([second, fourth]);
    },
  );
});
