import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RegionMap, RegionTree } from '../../protocol/region-tree.ts';
import { launchChromium } from '../support/chromium.ts';
import { countersOf } from '../support/counters.ts';
import { demoToken, openSdkPage } from '../support/sdk-page.ts';
import { leastSum_ms, sumOf_ms } from '../unit/protocol/region-best.ts';
import { chooseRegions, measuredMatrix, readMatrix, wayBetween } from './matrix.ts';
import { whyNoWan } from './permission.ts';
import { clientHost, nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import { startTestMesh } from './test-mesh.ts';

/** A room over six regions, as far apart as those of a cloud provider are. */

const matrix = readMatrix(measuredMatrix);
const regions = chooseRegions(matrix, '6').map(({ id }) => id);
const [origin = '', ...others] = regions;
const lastMile_ms = 10;
const why = whyNoWan();
const patience = { timeout: 60_000, interval: 250 };
/** The ways are measured meanwhile, and each 30 s the trees are looked at anew. */
const settle = { timeout: 180_000, interval: 1_000 };

describe.skipIf(why !== undefined)(`six regions on a WAN ${why ?? ''}`, () => {
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({
      matrix,
      regions: chooseRegions(matrix, '6'),
      lastMile_ms,
      prerunProcesses: 1,
    }));
    const host = clientHost(origin);
    // One browser stands for people near each node: its ways to all of them are last miles.
    for (const region of regions) {
      await mesh.wan.link(host, nodeHost(region), { rtt_ms: lastMile_ms });
    }
    const { enter } = mesh.wan.host(host);
    browser = await launchChromium({ enter, secureOrigin: mesh.system.edgeUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  const token = (region: string): Promise<string> =>
    demoToken(mesh.system.edgeUrl, { room: 'six', name: 'somebody', region });

  async function publish(): Promise<void> {
    const page = await openSdkPage(browser, mesh.system.edgeUrl);
    await page.evaluate(
      async (text) => {
        const video = { width: 160, height: 120, frameRate: 10 };
        const media = await navigator.mediaDevices.getUserMedia({ audio: true, video });
        const room = await window.sdk.join({ token: text });
        await room.publish(media);
      },
      await token(origin),
    );
  }

  /** One viewer in each region; resolves when each has seen a frame. */
  async function watchEverywhere(): Promise<void> {
    const page = await openSdkPage(browser, mesh.system.edgeUrl);
    for (const region of regions) {
      await page.evaluate(
        async (text) => {
          await window.watch(text);
        },
        await token(region),
      );
    }
  }

  /** Copies of the stream that each region takes from others. */
  async function wanPulls(): Promise<Record<string, number | undefined>> {
    const each = regions.map(async (region) => {
      const { wan_pulls } = await countersOf(mesh.system, region);
      return [region, wan_pulls] as const;
    });
    return Object.fromEntries(await Promise.all(each));
  }

  /** What every node has sent to every other so far, by `FROM TO`. */
  async function carried_bytes(): Promise<Map<string, number>> {
    const pairs = regions.flatMap((from) => regions.map((to) => [from, to] as const));
    const carried = new Map<string, number>();
    for (const [from, to] of pairs.filter(([a, b]) => a !== b)) {
      carried.set(`${from} ${to}`, await mesh.wan.bytes(nodeHost(from), nodeHost(to)));
    }
    return carried;
  }

  /** The same from now on, until as many ways as there are viewing regions have carried some seconds of media. */
  async function carriedFromNow_bytes(): Promise<Map<string, number>> {
    const before = await carried_bytes();
    const enough_bytes = 100_000;
    return await vi.waitFor(async () => {
      const now = await carried_bytes();
      const since = new Map([...now].map(([way, bytes]) => [way, bytes - (before.get(way) ?? 0)]));
      const most = [...since.values()].toSorted((a, b) => b - a);
      expect(most[others.length - 1]).toBeGreaterThan(enough_bytes);
      return since;
    }, patience);
  }

  /** By which each region has the stream, as the packets go while all watch: from whoever sends it most. */
  async function packetTree(): Promise<RegionTree> {
    const carried = await carriedFromNow_bytes();
    const from = (region: string) => (other: string) => carried.get(`${other} ${region}`) ?? 0;
    const parentOf = (region: string): string =>
      regions.toSorted((a, b) => from(region)(b) - from(region)(a))[0] ?? '';
    const tree: RegionTree = new Map(others.map((region) => [region, parentOf(region)]));
    const links = new Set([...tree].map(([region, parent]) => `${parent} ${region}`));
    const [media, rest] = [true, false].map((isLink) =>
      [...carried].filter(([link]) => links.has(link) === isLink).map(([, bytes]) => bytes),
    );
    expect(media).toHaveLength(others.length);
    expect(Math.min(...(media ?? []))).toBeGreaterThan(3 * Math.max(...(rest ?? [])));
    return tree;
  }

  test('a stream crosses each link of the best tree once, however many watch it in each region', async () => {
    const once = Object.fromEntries(regions.map((region) => [region, region === origin ? 0 : 1]));
    // While it comes another way it comes two ways.
    const crossesOnce = (): Promise<void> =>
      vi.waitFor(async () => expect(await wanPulls()).toEqual(once), patience);
    await publish();
    await watchEverywhere();
    await crossesOnce();
    await watchEverywhere();

    const map: RegionMap = {
      regions,
      rtt_ms: (a, b) => wayBetween(matrix, a, b).rtt_ms,
      stateOf: () => 'available',
    };
    await vi.waitFor(async () => {
      await crossesOnce();
      expect(sumOf_ms(origin, await packetTree(), map)).toBeCloseTo(leastSum_ms(origin, map));
    }, settle);
  }, 300_000);
});
