import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import type { CallerWish } from '../support/caller.ts';
import { Caller } from '../support/caller.ts';
import { startTestSystem } from '../support/system.ts';

/** A controller, or a whole region, is lost under browsers in a call. */

const patience = { timeout: 30_000, interval: 100 };
const regions = ['eu-west', 'us-east', 'ap-northeast'];
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(12, {
    regions,
    env: { RIZOMA_DRAIN_S: '20' },
  }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

/** Somebody who is gone after the test. */
async function open(wish: CallerWish): Promise<Caller> {
  const caller = await Caller.open(browser, system, wish);
  onTestFinished(() => caller.leave());
  return caller;
}

async function playsOn(caller: Caller): Promise<void> {
  const before = await caller.frames();
  await vi.waitFor(
    async () => expect(await caller.frames()).toBeGreaterThan(before + 10),
    patience,
  );
}

function said(what: Record<string, unknown>): void {
  console.log(JSON.stringify(what));
}

test('who loses a controller goes on at another one, as the same client with the same stream', async () => {
  const room = 'lost controller';
  const ann = await open({ room, name: 'ann', pin: { allow: regions, prefer: ['eu-west'] } });
  const ben = await open({ room, name: 'ben', pin: { allow: ['us-east'] } });
  await Promise.all([playsOn(ann), playsOn(ben)]);
  const before = await ann.place();
  expect(before.region).toBe('eu-west');
  const seen = await ben.streams();
  await Promise.all([ann.gap_ms(), ben.gap_ms()]);
  const lostAt_ms = performance.now();

  onTestFinished(() => system.restartNode('eu-west'));
  await system.killNode('eu-west');

  await vi.waitFor(async () => expect((await ann.place()).region).not.toBe('eu-west'), patience);
  const movedAfter_ms = Math.round(performance.now() - lostAt_ms);
  await vi.waitFor(
    async () => expect((await system.regionStates()).has('eu-west')).toBe(false),
    patience,
  );
  await Promise.all([playsOn(ann), playsOn(ben)]);
  said({ movedAfter_ms, annGap_ms: await ann.gap_ms(), benGap_ms: await ben.gap_ms() });
  said({ ann: await ann.heard(), ben: await ben.heard() });
  expect(await ann.place()).toMatchObject({ clientId: before.clientId, own: before.own });
  expect(await ben.streams()).toEqual(seen);
  expect(await ben.heard()).not.toContain('stream-removed');
});

test('who is at a node that drains goes to another one before it ends, and plays on meanwhile', async () => {
  const room = 'drained';
  const ann = await open({ room, name: 'ann', pin: { allow: regions, prefer: ['eu-west'] } });
  const ben = await open({ room, name: 'ben', pin: { allow: ['us-east'] } });
  await Promise.all([playsOn(ann), playsOn(ben)]);
  const before = await ann.place();
  expect(before.region).toBe('eu-west');
  await Promise.all([ann.gap_ms(), ben.gap_ms()]);
  const pid = system.nodes.find((node) => node.region === 'eu-west')?.pid ?? 0;

  process.kill(pid, 'SIGTERM');

  await vi.waitFor(async () => expect((await ann.place()).region).not.toBe('eu-west'), patience);
  await Promise.all([playsOn(ann), playsOn(ben)]);
  said({ annGap_ms: await ann.gap_ms(), benGap_ms: await ben.gap_ms() });
  expect(await ann.place()).toMatchObject({ clientId: before.clientId, own: before.own });
  expect(await ann.heard()).not.toContain('reconnected');
  expect(await ben.heard()).not.toContain('stream-removed');
});
