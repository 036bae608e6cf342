import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import type {} from './sdk-in-page.ts';

/** The camera is only there for a secure context, which localhost is; nothing listens on it. */
const address = 'http://localhost/sdk';

let browser: Browser;
let page: Page;

beforeAll(async () => {
  const bundle = await build({
    entryPoints: [new URL('sdk-in-page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    write: false,
  });
  browser = await launchChromium();
  page = await browser.newPage();
  await page.route(address, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>SDK</title>' }),
  );
  await page.goto(address);
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
});

afterAll(() => browser.close());

describe('the SDK in Chromium', () => {
  it.each([
    ['after', false],
    ['before', true],
  ])(
    'plays what is published where the offer comes %s the answer to subscribe',
    async (_when, offerFirst) => {
      const seen = await page.evaluate((first) => window.scenarios.plays(first), offerFirst);
      expect(seen).toMatchObject({
        own_id: true,
        kinds: ['audio', 'video'],
        own: false,
        timers: 0,
      });
      expect(seen.sent).toBeGreaterThanOrEqual(5);
      expect(seen.received).toBeGreaterThanOrEqual(5);
      expect(seen.width).toBeGreaterThan(0);
      expect(seen.sound).toBeGreaterThan(0);
      expect(seen.after).toEqual(['closed', 'closed']);
    },
  );

  it('has one connection for all it publishes and one for all it subscribes to', async () => {
    const seen = await page.evaluate(() => window.scenarios.shares());
    expect(seen).toEqual({ connections: 2, streams: 2, stats: 4 });
  });

  it('tells how good its connections are, and which stream gets less than its publisher wants', async () => {
    const seen = await page.evaluate(() => window.scenarios.hearsOfBandwidth());
    expect(seen.asked).toMatchObject([{ options: { minVideoBW: 300, scheme: 'notify-break' } }]);
    expect(seen.told).toEqual([
      { alert: 'insufficient', bandwidth_bps: 60_000 },
      { direction: 'out', level: 'low' },
      { direction: 'in', level: 'very-low' },
    ]);
  });

  it('subscribes again after a back-off when a subscription fails', async () => {
    const seen = await page.evaluate(() => window.scenarios.subscribesAgain());
    expect(seen).toEqual({ early: 1, tries: 2, states: ['open', 'closed', 'open'] });
  });

  it('publishes again under a new id when what it publishes fails', async () => {
    const seen = await page.evaluate(() => window.scenarios.publishesAgain());
    expect(seen).toEqual({ renamed: true, id: true, states: ['closed', 'open', 'open'] });
  });

  it('gives up a stream that the server cannot take, and harms no other', async () => {
    const seen = await page.evaluate(() => window.scenarios.isRefused());
    expect(seen).toEqual({
      refused: 'RizomaError: no codec of yours is known here',
      withdrawn: 1,
      local: 2,
      first: true,
    });
  });

  it('publishes what the server can take after it refused the first offer', async () => {
    const seen = await page.evaluate(() => window.scenarios.isRefusedAtFirst());
    expect(seen).toEqual({
      refused: 'RizomaError: no codec of yours is known here',
      states: ['closed', 'open', 'open'],
    });
  });

  it('keeps a connection that carries nothing for 10 s, and closes it then', async () => {
    const seen = await page.evaluate(() => window.scenarios.goesIdle());
    expect(seen).toEqual({
      kept: ['open', 'open'],
      used: ['open', 'open'],
      idle: ['closed', 'closed'],
      timers: 0,
    });
  });
});
