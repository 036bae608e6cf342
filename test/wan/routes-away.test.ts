import { describe, expect, test, vi } from 'vitest';
import { countersOf } from '../support/counters.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import { wanCamera, wanStage } from './wan-stage.ts';

/** Routes that controllers make themselves, as the edge has made none and is away. */

/** Longer than ways are measured, exchanged and looked at one after the other. */
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
  const wan = wanStage({ matrix, lastMile_ms: 0, prerunProcesses: 1 });

  test('whose edge is away takes the way over a relay, by what nodes have measured, and leaves it when it is longer', async () => {
    const { mesh, stage } = wan;
    const ann = await stage.join({ name: 'ann', region: first });
    const ben = await stage.join({ name: 'ben', region: middle });
    const cleo = await stage.join({ name: 'cleo', region: last });
    await mesh.system.killEdge();
    const feeds = async () => (await countersOf(mesh.system, middle)).feeds;
    await vi.waitFor(async () => {
      const stream = await ann.publish({ camera: wanCamera });
      await Promise.all([ben.shows(stream), cleo.shows(stream)]);
      const relayed = await feeds();
      await ann.unpublish(stream);
      expect(relayed).toBe(1);
    }, patience);

    const stream = await ann.publish({ camera: wanCamera });
    await Promise.all([ben.shows(stream), cleo.shows(stream)]);
    expect(await feeds()).toBe(1);
    await cleo.playsOn({ ids: [stream] });
    const before = await cleo.rtp();

    await mesh.wan.link(nodeHost(middle), nodeHost(last), { rtt_ms: 400 });
    const beganAt_ms = performance.now();
    await vi.waitFor(async () => expect(await feeds()).toBe(0), patience);
    console.log(JSON.stringify({ leftAfter_ms: Math.round(performance.now() - beganAt_ms) }));
    await cleo.playsOn({ ids: [stream] });
    expect((await cleo.rtp()).lost).toBe(before.lost);
  }, 360_000);
});
