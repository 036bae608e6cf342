import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { processesWithEnv } from '../../infra/proc.ts';
import { launchChromium } from '../support/chromium.ts';
import { busyErizos, openIn } from '../support/counters.ts';
import { Participant } from '../support/participant.ts';
import { startTestSystem } from '../support/system.ts';

/** What `kill -9` of one ErizoJS process does to its own room and to another. */

const region = 'eu-west';
const patience = { timeout: 30_000, interval: 250 };
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(2, { regions: [region] }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

function open(room: string, name: string): Promise<Participant> {
  return Participant.open(browser, system, { room, name, region });
}

async function pidOf(erizoId: string): Promise<number> {
  const [main] = processesWithEnv({ RIZOMA_ERIZO_ID: erizoId }).filter(({ command }) =>
    command.includes('nodes/erizo/main.ts'),
  );
  if (main === undefined) {
    throw new Error(`there is no process of ErizoJS ${erizoId}`);
  }
  return main.pid;
}

test('an ErizoJS process that is killed is replaced, its room heals by itself and no other notices', async () => {
  const before = await openIn(system);
  const [ann, ben] = [await open('hit', 'ann'), await open('hit', 'ben')];
  await Promise.all([ann.sees(1), ben.sees(1)]);
  const [victim = ''] = await busyErizos(system, region);
  const [cleo, dan] = [await open('spared', 'cleo'), await open('spared', 'dan')];
  await Promise.all([cleo.sees(1), dan.sees(1)]);
  const [watched] = await cleo.incoming();
  const [lost] = await ann.incoming();

  process.kill(await pidOf(victim), 'SIGKILL');

  await vi.waitFor(async () => {
    expect(await busyErizos(system, region)).not.toContain(victim);
  }, patience);
  let fewest = Infinity;
  await vi.waitFor(async () => {
    const [again] = await ann.incoming();
    expect(again?.streamId).toBe(lost?.streamId);
    const frames = again?.video?.frames ?? 0;
    // What was played by way of the lost process is not counted with what comes now.
    fewest = Math.min(fewest, frames);
    expect(frames).toBeGreaterThan(fewest + 10);
  }, patience);
  await Promise.all([ann.sees(1), ben.sees(1)]);

  const [still] = await cleo.incoming();
  expect(still?.streamId).toBe(watched?.streamId);
  expect(still?.video?.frames).toBeGreaterThan((watched?.video?.frames ?? 0) + 10);
  expect(await cleo.words()).toBe('');

  for (const participant of [ann, ben, cleo, dan]) {
    expect(participant.complaints).toEqual([]);
    await participant.leave();
  }
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(before), patience);
});
