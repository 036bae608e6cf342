import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import type { Counters } from '../support/counters.ts';
import { openIn } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import { startTestSystem } from '../support/system.ts';
import type {} from './licode-in-page.ts';

/** Pages that speak as Licode's own client does, in two regions. */

const patience = { timeout: 40_000, interval: 250 };
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;
let atStart: Counters;
let script: string;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(6));
  browser = await launchChromium();
  atStart = await openIn(system);
  const bundle = await build({
    entryPoints: [new URL('licode-in-page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    write: false,
  });
  script = bundle.outputFiles[0]?.text ?? '';
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

async function join(
  who: { room: string; name: string; region: string },
  options: Record<string, string>,
): Promise<{ page: Page; complaints: string[] }> {
  const token = await demoToken(system.edgeUrl, who);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${system.edgeUrl}/healthz`);
  await page.addScriptTag({ content: script });
  await page.evaluate(
    async ([text, given]) => {
      window.licode = await window.LicodePage.connect(text, given);
    },
    [token, options] as const,
  );
  return { page, complaints };
}

const plays = (page: Page, id: string): Promise<number> =>
  page.evaluate((stream) => window.licode.plays(stream, 15), id);

const told = (page: Page, words: string): Promise<void> =>
  page.evaluate((wanted) => window.licode.until(wanted), words);

describe.each([
  ['one connection a stream', {}, 3],
  ['two connections', { singlePC: 'true' }, 2],
] as const)('pages for Licode with %s', (_, options, connections) => {
  it('see, hear and tell each other across two regions, through all that Licode’s client does', async () => {
    const room = `licode ${JSON.stringify(options)}`;
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    expect(await bob.page.evaluate(() => window.licode.connected)).toMatchObject({
      singlePC: 'singlePC' in options,
      p2p: false,
    });

    // Publish and subscribe, each way.
    const camera = await ann.page.evaluate(() => window.licode.publish({ name: 'ann' }));
    await told(bob.page, `onAddStream ${camera}`);
    await bob.page.evaluate((id) => window.licode.subscribe(id), camera);
    expect(await plays(bob.page, camera)).toBeGreaterThan(0);
    const other = await bob.page.evaluate(() => window.licode.publish({ name: 'bob' }));
    await told(ann.page, `onAddStream ${other}`);
    await ann.page.evaluate((id) => window.licode.subscribe(id), other);
    expect(await plays(ann.page, other)).toBeGreaterThan(0);

    // Data and attributes.
    await ann.page.evaluate((id) => window.licode.sendData(id, { text: 'hello' }), camera);
    await told(bob.page, `onDataStream ${camera} {"text":"hello"}`);
    await ann.page.evaluate((id) => window.licode.setAttributes(id, { name: 'anna' }), camera);
    await told(bob.page, `onUpdateAttributeStream ${camera} {"name":"anna"}`);

    // A second stream beside the first, and the first again after it was given up.
    const second = await ann.page.evaluate(() => window.licode.publish({ name: 'ann again' }));
    await told(bob.page, `onAddStream ${second}`);
    await bob.page.evaluate((id) => window.licode.subscribe(id), second);
    await Promise.all([plays(bob.page, camera), plays(bob.page, second)]);
    expect(await bob.page.evaluate((id) => window.licode.unsubscribe(id), camera)).toBe(true);
    await plays(bob.page, second);
    await bob.page.evaluate((id) => window.licode.subscribe(id), camera);
    await Promise.all([plays(bob.page, camera), plays(bob.page, second)]);
    expect(await bob.page.evaluate(() => window.licode.connections)).toBe(connections);

    // New candidates, and a socket that was cut.
    await Promise.all([
      ann.page.evaluate(() => window.licode.restartIce()),
      bob.page.evaluate(() => window.licode.restartIce()),
    ]);
    await Promise.all([plays(bob.page, camera), plays(ann.page, other)]);
    await bob.page.evaluate(() => window.licode.cut());
    await ann.page.evaluate((id) => window.licode.sendData(id, 'still there?'), camera);
    await told(bob.page, `onDataStream ${camera} "still there?"`);

    // What was unpublished is removed, what comes after it is seen.
    expect(await ann.page.evaluate((id) => window.licode.unpublish(id), second)).toBe(true);
    await told(bob.page, `onRemoveStream ${second}`);
    expect(await ann.page.evaluate((id) => window.licode.unpublish(id), camera)).toBe(true);
    await told(bob.page, `onRemoveStream ${camera}`);
    const third = await ann.page.evaluate(() => window.licode.publish({ name: 'ann once more' }));
    await told(bob.page, `onAddStream ${third}`);
    await bob.page.evaluate((id) => window.licode.subscribe(id), third);
    await plays(bob.page, third);

    await ann.page.evaluate(() => window.licode.disconnect());
    await told(bob.page, `onRemoveStream ${third}`);
    await bob.page.evaluate(() => window.licode.disconnect());
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});

describe('pages for Licode', () => {
  it('get what fits, hear of connections that carry too little, and say how those are shared', async () => {
    const room = 'licode and bandwidth';
    const options = { singlePC: 'true', streamPriorityStrategy: 'low' };
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    expect(await bob.page.evaluate(() => window.licode.connected)).toMatchObject({
      streamPriorityStrategy: 'low',
    });
    const wanted = { name: 'wanted' };
    const least = { minVideoBW: 250, scheme: 'notify-break' };
    const first = await ann.page.evaluate(
      ([attributes, more]) => window.licode.publish(attributes, more),
      [wanted, least] as const,
    );
    const second = await ann.page.evaluate(
      (attributes) => window.licode.publish(attributes),
      wanted,
    );
    await ann.page.evaluate(() => window.licode.publish({ name: 'other' }));
    for (const id of [first, second]) {
      await told(bob.page, `onAddStream ${id}`);
    }
    const selectors = { '/attributes/name': 'wanted' };
    expect(
      await bob.page.evaluate((message) => window.licode.ask('autoSubscribe', message), {
        selectors,
      }),
    ).toBe(true);
    await told(bob.page, 'auto-streams-subscription of 2');
    await Promise.all([plays(bob.page, first), plays(bob.page, second)]);
    expect(await bob.page.evaluate(() => window.licode.connections)).toBe(1);
    await told(bob.page, 'quality 2');

    expect(
      await bob.page.evaluate(() => window.licode.ask('setConnectionTargetBandwidth', 60_000)),
    ).toBe(true);
    await told(bob.page, `insufficient ${first}`);
    await told(bob.page, `audio-only ${first}`);
    await ann.page.evaluate(
      (id) => window.licode.setAttributes(id, { name: 'not any more' }),
      second,
    );
    await told(bob.page, 'auto-streams-unsubscription of 1');

    await Promise.all(
      [ann, bob].map(({ page }) => page.evaluate(() => window.licode.disconnect())),
    );
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});
