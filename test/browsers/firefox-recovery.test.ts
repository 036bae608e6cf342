import { describe, expect, test, vi } from 'vitest';
import { busyErizos } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import { findFirefox } from '../support/firefox.ts';
import { killBusyErizos } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

const stage = Stage.shared();
const [here, there] = ownRegions();

// The set-up says how to get a Firefox where there is none.
describe.skipIf(findFirefox() === undefined)('Firefox and Chromium in two regions', () => {
  test('heal by themselves when the ErizoJS process of either is killed', async () => {
    const [fay, cody] = await Promise.all([
      stage.openDemo({ name: 'fay', region: here, in: 'firefox' }),
      stage.openDemo({ name: 'cody', region: there }),
    ]);
    await Promise.all([fay.sees(1), cody.sees(1)]);
    await Promise.all([fay.playsOn(), cody.playsOn()]);
    for (const region of [here, there]) {
      const victims = await killBusyErizos(stage.system, region);
      await vi.waitFor(async () => {
        const busy = await busyErizos(stage.system, region);
        expect(busy, `busy processes in ${region}`).toHaveLength(1);
        expect(busy).not.toEqual(victims);
      }, patience);
      await Promise.all([fay.playsOn(), cody.playsOn()]);
    }
  });
});
