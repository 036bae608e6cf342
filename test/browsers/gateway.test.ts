import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import { busyErizos, countersOf, openIn } from '../support/counters.ts';
import { Participant } from '../support/participant.ts';
import { startTestSystem } from '../support/system.ts';

/** Viewers of one region in processes of their own, so that the stream enters it through a gateway. */

let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(4, {
    regions: ['eu-west', 'ap-northeast'],
    env: { RIZOMA_CLIENTS_PER_ERIZO: '1' },
  }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

test('a viewer in a second process of a region is served by the first, and nothing more crosses the ocean', async () => {
  const atStart = await openIn(system);
  const room = 'gateway';
  const ann = await Participant.open(browser, system, { room, name: 'ann', region: 'eu-west' });
  const ben = await Participant.open(browser, system, {
    room,
    name: 'ben',
    region: 'ap-northeast',
  });
  await Promise.all([ann.sees(1), ben.sees(1)]);
  expect(await countersOf(system, 'ap-northeast')).toMatchObject({ wan_pulls: 1, pulls: 1 });

  const cleo = await Participant.open(browser, system, {
    room,
    name: 'cleo',
    region: 'ap-northeast',
  });
  await Promise.all([ann.sees(2), ben.sees(2), cleo.sees(2)]);
  expect(await busyErizos(system, 'ap-northeast')).toHaveLength(2);
  // Ann's stream came once over the ocean; Cleo has it, and Ben's, from the process next door.
  const near = await countersOf(system, 'ap-northeast');
  expect(near['wan_pulls']).toBe(1);
  expect(near['pulls']).toBe(4);

  for (const participant of [ann, ben, cleo]) {
    expect(participant.complaints).toEqual([]);
    await participant.leave();
  }
  // The gateway lingers after the process behind it has.
  const patience = { timeout: 60_000, interval: 250 };
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});
