import * as v from 'valibot';
import { beforeAll, expect, vi } from 'vitest';
import { NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { nuve } from '../support/tokens.ts';
import type { WanStage } from './wan-stage.ts';
import { wanStage } from './wan-stage.ts';

/** In a row; the middle one may be on the way between the others. */
export const [first, middle, last] = ['first', 'middle', 'last'] as const;

/** Ways are measured each 20 s. */
const patience = { timeout: 60_000, interval: 100 };

/** Three regions on a WAN whose nodes have measured the ways between them; else as `wanStage()`. */
export function threeRegionsStage(rtts_ms: { next: number; ends: number }): WanStage {
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
  const wan = wanStage({ matrix, lastMile_ms: 10, prerunProcesses: 1 });
  const isMeasured =
    (from: string) =>
    (measured: Readonly<Record<string, number>> | undefined): boolean =>
      [first, middle, last]
        .filter((to) => to !== from)
        .every((to) => {
          const rtt_ms = from === middle || to === middle ? next : ends;
          return (measured?.[to] ?? Infinity) <= 1.1 * rtt_ms;
        });
  beforeAll(() =>
    vi.waitFor(async () => {
      const answer = await nuve(wan.mesh.system, 'GET', 'nodes');
      const { nodes } = v.parse(NodesAnswer, await answer.json());
      for (const { region, load } of nodes) {
        // One that was held up would have routes go another way at first.
        expect(load.rtts_ms).toSatisfy(isMeasured(region));
      }
    }, patience),
  );
  return wan;
}
