import { describe, expect, test, vi } from 'vitest';
import type { RegionMap, RegionTree } from '../../protocol/region-tree.ts';
import { countersOf } from '../support/counters.ts';
import { leastSum_ms, sumOf_ms } from '../unit/protocol/region-best.ts';
import { chooseRegions, measuredMatrix, readMatrix, wayBetween } from './matrix.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import { wanCamera, wanStage } from './wan-stage.ts';

/** A room over six regions, as far apart as those of a cloud provider are. */

const matrix = readMatrix(measuredMatrix);
const chosen = chooseRegions(matrix, '6');
const regions = chosen.map(({ id }) => id);
const [origin = '', ...others] = regions;
const why = whyNoWan();
const patience = { timeout: 60_000, interval: 250 };
/** The ways are measured meanwhile, and the trees are revised each 30 s. */
const settle = { timeout: 180_000, interval: 1_000 };

describe.skipIf(why !== undefined)(`six regions on a WAN ${why ?? ''}`, () => {
  const wan = wanStage({ matrix, regions: chosen, lastMile_ms: 10, prerunProcesses: 1 });

  /** One more viewer in each region; resolves when each shows pictures. */
  async function watchEverywhere(): Promise<void> {
    for (const region of regions) {
      const viewer = await wan.stage.join({ name: 'viewer', region });
      await viewer.sees(1);
    }
  }

  /** Copies of the stream that each region takes from others. */
  async function wanPulls(): Promise<Record<string, number | undefined>> {
    const each = regions.map(async (region) => {
      const { wan_pulls } = await countersOf(wan.mesh.system, region);
      return [region, wan_pulls] as const;
    });
    return Object.fromEntries(await Promise.all(each));
  }

  /** What every node has sent to every other so far, by `FROM TO`. */
  async function carried_bytes(): Promise<Map<string, number>> {
    const pairs = regions.flatMap((from) => regions.map((to) => [from, to] as const));
    const carried = new Map<string, number>();
    for (const [from, to] of pairs.filter(([a, b]) => a !== b)) {
      carried.set(`${from} ${to}`, await wan.mesh.wan.bytes(nodeHost(from), nodeHost(to)));
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

  /** By which each region has the stream, as the packets go while all watch: from the region that sends it most. */
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
    const ann = await wan.stage.join({ name: 'ann', region: origin });
    await ann.publish({ camera: wanCamera });
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
