import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { nuve, tokenFor } from '../support/caller.ts';
import { launchChromium } from '../support/chromium.ts';
import { countersOf } from '../support/counters.ts';
import { whyNoWan } from './permission.ts';
import type { WanSystem } from './system.ts';
import { clientHost, nodeHost } from './system.ts';
import { Talker } from './talker.ts';
import { startTestMesh } from './test-mesh.ts';

/** A call whose best ways become others while it plays, and whose relay is lost then. */

/** Ways are measured each 20 s, and routes made each 30 s. */
const patience = { timeout: 150_000, interval: 250 };
const lastMile_ms = 10;
const why = whyNoWan();
const [first, middle, last] = ['first', 'middle', 'last'];
/** The way through the middle is a little longer than the direct one. */
const matrix = {
  regions: [
    { id: first, lat: 50, lon: 0 },
    { id: middle, lat: 45, lon: 20 },
    { id: last, lat: 40, lon: 40 },
  ],
  rtts_ms: { [first]: { [middle]: 61, [last]: 120 }, [middle]: { [last]: 61 } },
  jitters_ms: {},
  losses: {},
};

describe.skipIf(why !== undefined)(`a call over three regions on a WAN ${why ?? ''}`, () => {
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;
  let cleo: Talker;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({ matrix, lastMile_ms, prerunProcesses: 1 }));
    const host = clientHost(first);
    // One browser stands for people near each node.
    for (const { id } of matrix.regions) {
      await mesh.wan.link(host, nodeHost(id), { rtt_ms: lastMile_ms });
    }
    browser = await launchChromium({
      enter: mesh.client(first).enter,
      secureOrigin: mesh.system.edgeUrl,
    });
    await vi.waitFor(async () => {
      const answer = await nuve(mesh.system, 'GET', 'nodes');
      const { nodes } = v.parse(NodesAnswer, await answer.json());
      expect(nodes.map(({ load }) => Object.keys(load.rtts_ms ?? {}).length)).toEqual([2, 2, 2]);
    }, patience);
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  async function enter(region: string): Promise<Talker> {
    const wish = { room: 'moved way', name: 'somebody', pin: { allow: [region] } };
    const token = await tokenFor(mesh.system, wish);
    return await Talker.join(browser, mesh.system.edgeUrl, token);
  }

  /** What went from one node to the other since then. */
  async function sent(from: string, to: string, since_bytes = 0): Promise<number> {
    return (await mesh.wan.bytes(nodeHost(from), nodeHost(to))) - since_bytes;
  }

  /** From which of the two the last region has the stream, by what they send to it for some seconds. */
  async function comesFrom(): Promise<string> {
    const before = { first: await sent(first, last), middle: await sent(middle, last) };
    await cleo.playsFor(3);
    const direct = await sent(first, last, before.first);
    return direct > (await sent(middle, last, before.middle)) ? first : middle;
  }

  test('goes by a relay when that is the better way by now, and no viewer misses more than a moment', async () => {
    const ann = await enter(first);
    const stream = await ann.publish();
    const dan = await enter(middle);
    cleo = await enter(last);
    await Promise.all([cleo, dan].map((viewer) => viewer.shows(stream)));
    expect(await comesFrom()).toBe(first);
    await cleo.keepShown(stream);

    await mesh.wan.link(nodeHost(first), nodeHost(middle), { rtt_ms: 20 });
    await mesh.wan.link(nodeHost(middle), nodeHost(last), { rtt_ms: 20 });

    await vi.waitFor(async () => {
      const counters = await countersOf(mesh.system, last);
      expect(counters).toMatchObject({ pull_moves_total: 1, wan_pulls: 1 });
    }, patience);
    expect(await comesFrom()).toBe(middle);
    console.log(JSON.stringify({ longestSteps_ms: await cleo.longestSteps_ms(3) }));
    expect(await cleo.heard()).toEqual([`came ${stream}`]);
    expect(await countersOf(mesh.system, middle)).toMatchObject({ wan_pulls: 1 });
  }, 300_000);

  test('goes on directly when the relay is lost with its region', async () => {
    const lostAt_ms = performance.now();
    await mesh.system.killRegion(middle);

    await cleo.playsFor(2);
    console.log(JSON.stringify({ playsAfter_ms: Math.round(performance.now() - lostAt_ms) }));
    expect(await comesFrom()).toBe(first);
    expect(await countersOf(mesh.system, last)).toMatchObject({ wan_pulls: 1 });
  });
});
