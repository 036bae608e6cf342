import * as v from 'valibot';
import { beforeAll, expect, vi } from 'vitest';
import { NodesAnswer } from '../../protocol/contracts/nodes.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { nuve, tokenFor } from '../support/caller.ts';
import { Talker } from './talker.ts';
import type { WanSuite } from './wan-suite.ts';
import { wanSuite } from './wan-suite.ts';

/** In a row; the middle one may be on the way between the others. */
export const [first, middle, last] = ['first', 'middle', 'last'] as const;

/** Ways are measured each 20 s. */
const patience = { timeout: 60_000, interval: 100 };

export interface ThreeRegions extends WanSuite {
  /** Somebody in a room, where the pin lets them be. */
  enter(room: string, pin: RegionPin): Promise<Talker>;
}

/** Three regions on a WAN whose nodes have measured the ways between them; else as `wanSuite`. */
export function threeRegionsSuite(rtts_ms: { next: number; ends: number }): ThreeRegions {
  const { next, ends } = rtts_ms;
  const matrix = {
    regions: [
      { id: first, lat: 50, lon: 0 },
      { id: middle, lat: 45, lon: 20 },
      { id: last, lat: 40, lon: 40 },
    ],
    rtts_ms: { [first]: { [middle]: next, [last]: ends }, [middle]: { [last]: next } },
    jitters_ms: {},
    losses: {},
  };
  const suite = wanSuite({ matrix, lastMile_ms: 10 });
  const isMeasured =
    (from: string) =>
    (told: Readonly<Record<string, number>> | undefined): boolean =>
      [first, middle, last]
        .filter((to) => to !== from)
        .every((to) => {
          const rtt_ms = from === middle || to === middle ? next : ends;
          return (told?.[to] ?? Infinity) <= 1.1 * rtt_ms;
        });
  beforeAll(() =>
    vi.waitFor(async () => {
      const answer = await nuve(suite.mesh.system, 'GET', 'nodes');
      const { nodes } = v.parse(NodesAnswer, await answer.json());
      for (const { region, load } of nodes) {
        // One that was held up would have routes go another way at first.
        expect(load.rtts_ms).toSatisfy(isMeasured(region));
      }
    }, patience),
  );
  return Object.assign(suite, {
    async enter(room: string, pin: RegionPin) {
      const { mesh, browser } = suite;
      const token = await tokenFor(mesh.system, { room, name: 'somebody', pin });
      return await Talker.join(browser, mesh.system.edgeUrl, token);
    },
  });
}
