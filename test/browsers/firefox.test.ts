import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type {} from '../../client/page/hooks.ts';
import type { LocalSystem } from '../../infra/local.ts';
import { processesWithEnv } from '../../infra/proc.ts';
import { launchChromium } from '../support/chromium.ts';
import type { Counters } from '../support/counters.ts';
import { busyErizos, countersOf, openIn } from '../support/counters.ts';
import { findFirefox } from '../support/firefox.ts';
import { FirefoxParticipant } from '../support/firefox-participant.ts';
import { Participant } from '../support/participant.ts';
import { startTestSystem } from '../support/system.ts';

/** Firefox and Chromium in one room, each in a region of its own, with our page. */

const firefox = findFirefox();
const regions = ['eu-west', 'ap-northeast'] as const;
const patience = { timeout: 40_000, interval: 250 };

type Anyone = Participant | FirefoxParticipant;

// The set-up says how to get one where there is none.
describe.skipIf(firefox === undefined)('Firefox and Chromium in two regions', () => {
  let chromium: Browser;
  let system: LocalSystem;
  let stop: () => Promise<void>;
  let atStart: Counters;

  beforeAll(async () => {
    ({ system, stop } = await startTestSystem(21, { regions: [...regions] }));
    chromium = await launchChromium();
    atStart = await openIn(system);
  });
  afterAll(async () => {
    await chromium?.close();
    await stop?.();
  });

  async function pair(room: string): Promise<[FirefoxParticipant, Participant]> {
    const [here, there] = regions;
    const wish = { room, name: 'fay', region: here };
    return Promise.all([
      FirefoxParticipant.open(firefox ?? '', system, wish),
      Participant.open(chromium, system, { room, name: 'cody', region: there }),
    ]);
  }

  async function expectNothingLeft(...participants: Anyone[]): Promise<void> {
    for (const participant of participants) {
      expect(participant.complaints).toEqual([]);
      await participant.leave();
    }
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  }

  test('they see and hear each other, notice who switches something off, and who leaves', async () => {
    const [fay, cody] = await pair('firefox');
    await Promise.all([fay.sees(1), cody.sees(1)]);
    expect([await fay.regions(), await cody.regions()]).toEqual([['ap-northeast'], ['eu-west']]);
    await Promise.all([plays(fay), plays(cody)]);
    await Promise.all([fay.hearsSpeaker(), cody.hearsSpeaker()]);
    for (const region of regions) {
      expect(await countersOf(system, region)).toMatchObject({ wan_pulls: 1, feeds: 1 });
    }

    await fay.page.click('#camera');
    await fay.page.click('#microphone');
    await Promise.all([isDark(cody), isSilent(cody)]);
    await plays(fay);
    await fay.page.click('#camera');
    await fay.page.click('#microphone');
    await cody.page.click('#camera');
    await cody.page.click('#microphone');
    await Promise.all([isDark(fay), isSilent(fay), plays(cody)]);
    await cody.page.click('#camera');
    await cody.page.click('#microphone');
    await plays(fay);

    await fay.page.click('#leave');
    await cody.sees(0);
    expect(await cody.words()).toBe('');
    await expectNothingLeft(fay, cody);
  });

  test('they heal by themselves when the ErizoJS process of either is killed', async () => {
    const [fay, cody] = await pair('firefox heals');
    await Promise.all([fay.sees(1), cody.sees(1)]);
    await Promise.all([plays(fay), plays(cody)]);
    for (const region of regions) {
      const [victim = ''] = await busyErizos(system, region);
      process.kill(pidOf(victim), 'SIGKILL');
      await vi.waitFor(
        async () => expect(await busyErizos(system, region)).not.toContain(victim),
        patience,
      );
      await Promise.all([plays(fay), plays(cody)]);
      await Promise.all([fay.sees(1), cody.sees(1)]);
    }
    await expectNothingLeft(fay, cody);
  });
});

/** More pictures and more sound come in than did before, and the picture is bright. */
async function plays(viewer: Anyone): Promise<void> {
  await vi.waitFor(async () => expect(await viewer.incoming()).toHaveLength(1), patience);
  const [before] = await viewer.incoming();
  await vi.waitFor(async () => {
    const [now] = await viewer.incoming();
    expect(now?.video?.frames).toBeGreaterThan((before?.video?.frames ?? 0) + 20);
    expect(now?.audio?.energy).toBeGreaterThan(before?.audio?.energy ?? 0);
    const [light] = await viewer.brightness();
    expect(light).toBeGreaterThan(60);
  }, patience);
}

async function isDark(viewer: Anyone): Promise<void> {
  await vi.waitFor(async () => {
    const [light] = await viewer.brightness();
    expect(light).toBeLessThan(32);
  }, patience);
}

async function isSilent(viewer: Anyone): Promise<void> {
  await vi.waitFor(async () => {
    const [heard] = await viewer.incoming();
    expect(heard?.audio?.level).toBeLessThan(0.001);
  }, patience);
}

function pidOf(erizoId: string): number {
  const [main] = processesWithEnv({ RIZOMA_ERIZO_ID: erizoId }).filter(({ command }) =>
    command.includes('nodes/erizo/main.ts'),
  );
  if (main === undefined) {
    throw new Error(`there is no process of ErizoJS ${erizoId}`);
  }
  return main.pid;
}
