import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { countersOf } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import { Talker } from './talker.ts';
import { startTestMesh } from './test-mesh.ts';

/** Routes that controllers make themselves, as the edge has made none and is away. */

/** Longer than ways are measured, said and looked at one after the other. */
const patience = { timeout: 120_000, interval: 100 };
const why = whyNoWan();
/** All three are at one place, so that by distance nobody would relay. */
const place = { lat: 50, lon: 0 };
const [first, middle, last] = ['first', 'middle', 'last'];
const matrix = {
  regions: [first, middle, last].map((id) => ({ id, ...place })),
  rtts_ms: { [first]: { [middle]: 20, [last]: 120 }, [middle]: { [last]: 20 } },
  jitters_ms: {},
  losses: {},
};

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({ matrix, lastMile_ms: 0, prerunProcesses: 1 }));
    const client = mesh.client(first);
    for (const region of [middle, last]) {
      await mesh.wan.link(client.name, nodeHost(region), { rtt_ms: 0 });
    }
    browser = await launchChromium({ enter: client.enter, secureOrigin: mesh.system.edgeUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  async function join(region: string): Promise<Talker> {
    const { edgeUrl } = mesh.system;
    const token = await demoToken(edgeUrl, { room: 'three', name: 'somebody', region });
    return await Talker.join(browser, edgeUrl, token);
  }

  test('whose edge is away takes the way over a relay, by what nodes have measured, and leaves it when it is longer', async () => {
    const [ann, ben, cleo] = [await join(first), await join(middle), await join(last)];
    await mesh.system.killEdge();
    const feeds = async () => (await countersOf(mesh.system, middle)).feeds;
    await vi.waitFor(async () => {
      const stream = await ann.publish();
      await Promise.all([ben.shows(stream), cleo.shows(stream)]);
      const relayed = await feeds();
      await ann.unpublishLast();
      expect(relayed).toBe(1);
    }, patience);

    const stream = await ann.publish();
    await Promise.all([ben.shows(stream), cleo.shows(stream)]);
    expect(await feeds()).toBe(1);
    const before = await cleo.playsFor(1);

    await mesh.wan.link(nodeHost(middle), nodeHost(last), { rtt_ms: 400 });
    const beganAt_ms = performance.now();
    await vi.waitFor(async () => expect(await feeds()).toBe(0), patience);
    console.log(JSON.stringify({ leftAfter_ms: Math.round(performance.now() - beganAt_ms) }));
    const after = await cleo.playsFor(2);
    expect(after.lost).toBe(before.lost);
  }, 360_000);
});
