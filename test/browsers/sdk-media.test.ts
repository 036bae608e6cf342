import { beforeEach, describe, expect, it } from 'vitest';
import type { BrowserPage } from '../support/page/browser-page.ts';
import { callInPage } from '../support/page/browser-page.ts';
import { bundled } from '../support/page/scripts.ts';
import { Stage } from '../support/stage/stage.ts';
import type {} from './sdk-in-page.ts';

/** The SDK with real media, against a controller in the page itself; of the system it needs the origin alone. */

const stage = Stage.shared();
let page: BrowserPage;

beforeEach(async () => {
  page = await stage.openPage('sdk');
  await page.goto(`${stage.system.edgeUrl}/healthz`);
  await page.addScript(await bundled(new URL('sdk-in-page.ts', import.meta.url)), 'classic');
});

/** Runs a scenario of the page and answers what it has seen. */
function run<Seen>(scenario: (scenarios: Window['scenarios']) => Promise<Seen>): Promise<Seen> {
  return callInPage(page, 'window.scenarios', scenario, undefined);
}

describe('the SDK in Chromium', () => {
  it.each([
    ['after', false],
    ['before', true],
  ])(
    'plays what is published where the offer comes %s the answer to subscribe',
    async (_when, offerFirst) => {
      const seen = await callInPage(
        page,
        'window.scenarios',
        (scenarios: Window['scenarios'], first) => scenarios.plays(first),
        offerFirst,
      );
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
    const seen = await run((scenarios) => scenarios.shares());
    expect(seen).toEqual({ connections: 2, streams: 2, stats: 4 });
  });

  it('tells how good its connections are, and which stream gets less than its publisher wants', async () => {
    const seen = await run((scenarios) => scenarios.hearsOfBandwidth());
    expect(seen.asked).toMatchObject([{ options: { minVideoBW: 300, scheme: 'notify-break' } }]);
    expect(seen.told).toEqual([
      { alert: 'insufficient', bandwidth_bps: 60_000 },
      { direction: 'out', level: 'low' },
      { direction: 'in', level: 'very-low' },
    ]);
  });

  it('subscribes again after a back-off when a subscription fails', async () => {
    const seen = await run((scenarios) => scenarios.subscribesAgain());
    expect(seen).toEqual({ early: 1, tries: 2, states: ['open', 'closed', 'open'] });
  });

  it('publishes again under a new id when what it publishes fails', async () => {
    const seen = await run((scenarios) => scenarios.publishesAgain());
    expect(seen).toEqual({ renamed: true, id: true, states: ['closed', 'open', 'open'] });
  });

  it('gives up a stream that the server cannot take, and harms no other', async () => {
    const seen = await run((scenarios) => scenarios.isRefused());
    expect(seen).toEqual({
      refused: 'RizomaError: no codec of yours is known here',
      withdrawn: 1,
      local: 2,
      first: true,
    });
  });

  it('publishes what the server can take after it refused the first offer', async () => {
    const seen = await run((scenarios) => scenarios.isRefusedAtFirst());
    expect(seen).toEqual({
      refused: 'RizomaError: no codec of yours is known here',
      states: ['closed', 'open', 'open'],
    });
  });

  it('does not take a stream of its own for another’s when the room removes it and adds it again', async () => {
    const seen = await run((scenarios) => scenarios.isRemovedAndComesBack());
    expect(seen).toEqual({ came: [], own: 1 });
  });

  it('keeps a connection that carries nothing for 10 s, and closes it then', async () => {
    const seen = await run((scenarios) => scenarios.goesIdle());
    expect(seen).toEqual({
      kept: ['open', 'open'],
      used: ['open', 'open'],
      idle: ['closed', 'closed'],
      timers: 0,
    });
  });
});
