import { describe, expect, test, vi } from 'vitest';
import { countersOf } from '../support/counters.ts';
import { findFirefox } from '../support/firefox.ts';
import type { Participant } from '../support/page/participant.ts';
import { patience } from '../support/eventually.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** Firefox and Chromium in one room, each in a region of its own, with the demo page. */

const stage = Stage.shared();
const [here, there] = ownRegions();

async function isDarkAndSilent(viewer: Participant): Promise<void> {
  await vi.waitFor(async () => {
    const [light] = await viewer.brightness();
    expect(light, 'the brightest sample of the picture').toBeLessThan(32);
    const [stream] = await viewer.played();
    expect(stream?.sound?.level, 'the level of the sound').toBeLessThan(0.001);
  }, patience);
}

async function isBright(viewer: Participant): Promise<void> {
  await vi.waitFor(async () => {
    const [light] = await viewer.brightness();
    expect(light, 'the brightest sample of the picture').toBeGreaterThan(60);
  }, patience);
}

async function clickBoth(participant: Participant): Promise<void> {
  await participant.click('#camera');
  await participant.click('#microphone');
}

// The set-up says how to get a Firefox where there is none.
describe.skipIf(findFirefox() === undefined)('Firefox and Chromium in two regions', () => {
  test('see and hear each other, and notice when the other switches off camera and microphone, or leaves', async () => {
    const [fay, cody] = await Promise.all([
      stage.openDemo({ name: 'fay', region: here, in: 'firefox' }),
      stage.openDemo({ name: 'cody', region: there }),
    ]);
    await Promise.all([fay.sees(1), cody.sees(1)]);
    await Promise.all([fay.playsOn(), cody.playsOn(), isBright(fay), isBright(cody)]);
    for (const region of [here, there]) {
      const open = { wan_pulls: 1, feeds: 1 };
      expect({ region, ...(await countersOf(stage.system, region)) }).toMatchObject({
        region,
        ...open,
      });
    }

    await clickBoth(fay);
    await isDarkAndSilent(cody);
    await clickBoth(fay);
    await Promise.all([isBright(cody), cody.playsOn()]);
    await clickBoth(cody);
    await isDarkAndSilent(fay);
    await clickBoth(cody);
    await Promise.all([isBright(fay), fay.playsOn()]);

    await fay.click('#leave');
    await cody.sees(0);
    expect(await cody.statusWords()).toBe('');
  });
});
