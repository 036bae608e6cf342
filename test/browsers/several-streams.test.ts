import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import { findFirefox, launchFirefox } from '../support/firefox.ts';
import { Participant } from '../support/participant.ts';
import type { Publisher } from '../support/publisher-page.ts';
import { publisherInChromium, publisherInFirefox } from '../support/publisher-page.ts';
import { demoToken } from '../support/sdk-page.ts';
import { startTestSystem } from '../support/system.ts';

/** Several streams of one publisher, who gives some up and begins others, all on one connection. */

const region = 'eu-west';
const patience = { timeout: 30_000, interval: 250 };
const firefox = findFirefox();
let chromium: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(22, { regions: [region] }));
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium?.close();
  await stop?.();
});

async function inChromium(): Promise<{ publisher: Publisher; end: () => Promise<void> }> {
  const page = await chromium.newPage();
  return {
    publisher: await publisherInChromium(page, system.edgeUrl),
    end: () => page.context().close(),
  };
}

async function inFirefox(): Promise<{ publisher: Publisher; end: () => Promise<void> }> {
  const browser = await launchFirefox(firefox ?? '');
  const page = await browser.newPage();
  return {
    publisher: await publisherInFirefox(page, system.edgeUrl),
    end: () => browser.close(),
  };
}

/** Pictures that have come in of each stream. */
async function frames(viewer: Participant): Promise<Map<string, number>> {
  const incoming = await viewer.incoming();
  return new Map(incoming.map(({ streamId, video }) => [streamId, video?.frames ?? 0]));
}

/** All these and no others bring more pictures than they have. */
async function play(viewer: Participant, ids: readonly string[]): Promise<void> {
  const before = await frames(viewer);
  await vi.waitFor(async () => {
    const now = await frames(viewer);
    expect([...now.keys()].sort()).toEqual([...ids].sort());
    for (const [id, count] of now) {
      expect(count).toBeGreaterThan((before.get(id) ?? 0) + 10);
    }
  }, patience);
}

describe.each([
  ['Chromium', inChromium, true],
  ['Firefox', inFirefox, firefox !== undefined],
] as const)('a publisher in %s', (name, open, isThere) => {
  it.skipIf(!isThere)(
    'gives up its first stream and begins a third, and the second is undisturbed',
    async () => {
      const { publisher, end } = await open();
      const room = `several ${name}`;
      await publisher.join(await demoToken(system.edgeUrl, { room, name: 'ann', region }));
      const viewer = await Participant.open(chromium, system, { room, name: 'ben', region });
      const first = await publisher.publish();
      const second = await publisher.publish();
      await play(viewer, [first, second]);
      await publisher.unpublish(first);
      await play(viewer, [second]);
      const third = await publisher.publish();
      await play(viewer, [second, third]);
      await publisher.unpublish(third);
      const fourth = await publisher.publish();
      await play(viewer, [second, fourth]);
      // A stream that is published again has another id.
      expect(await publisher.ids()).toEqual([second, fourth]);
      await viewer.leave();
      await end();
    },
  );
});
