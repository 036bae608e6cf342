import { describe, expect, test, vi } from 'vitest';
import type { RegionPin } from '../../protocol/token.ts';
import { busyErizos, countersOf } from '../support/counters.ts';
import type { Participant } from '../support/page/participant.ts';
import { erizoPid, nodeOf } from '../support/stage/processes.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import { first, last, middle, threeRegionsStage } from './three-regions.ts';
import { wanCamera } from './wan-stage.ts';

/** Regions and processes of a running call that are lost, and such that stop and wake up later. */

const patience = { timeout: 60_000, interval: 100 };
const why = whyNoWan();

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  // The middle one is on the shortest way between the others.
  const wan = threeRegionsStage({ next: 20, ends: 120 });

  const enter = (name: string, region: RegionPin | string): Promise<Participant> =>
    wan.stage.join({ name, region });

  /** The way between the node of a region and everybody else. */
  async function cutOff(region: string, how: 'cut' | 'heal'): Promise<void> {
    const { hosts } = wan.mesh.wan;
    const others = hosts.filter(({ name }) => name !== nodeHost(region));
    await Promise.all(others.map(({ name }) => wan.mesh.wan[how](nodeHost(region), name)));
  }

  test('that loses a region goes on: others play on, its clients go where they may, or come back with it', async () => {
    const { mesh } = wan;
    const ann = await enter('ann', first);
    const stream = await ann.publish({ camera: wanCamera });
    const ben = await enter('ben', { allow: [first, middle], prefer: [middle] });
    const dan = await enter('dan', middle);
    const cleo = await enter('cleo', last);
    await Promise.all([ben, dan, cleo].map((viewer) => viewer.shows(stream)));
    const { clientId } = await ben.place();

    const lostAt_ms = performance.now();
    await cutOff(middle, 'cut');
    await mesh.system.killRegion(middle);

    await ben.hears(`moved: ${first}`, patience);
    console.log(JSON.stringify({ movedAfter_ms: Math.round(performance.now() - lostAt_ms) }));
    expect(await ben.place()).toEqual({ region: first, clientId });
    await Promise.all([cleo.playsOn(), ben.playsOn()]);
    console.log(JSON.stringify({ playsAfter_ms: Math.round(performance.now() - lostAt_ms) }));
    // Dan's pin allows no other region, and the reason says so.
    const words = `there is no node in what the pin leaves (allow ${middle}) now; try again`;
    await dan.hears(`reconnecting: ${words}`, patience);

    await cutOff(middle, 'heal');
    await mesh.system.restartNode(middle);
    await dan.hears('reconnected', patience);
    await dan.playsOn();
  });

  test('goes on where an ErizoJS stops, which is ended, and whose clients get another', async () => {
    const { system } = wan.mesh;
    const [ann, ben] = [await enter('ann', first), await enter('ben', middle)];
    const own = await ben.publish({ camera: wanCamera });
    const stream = await ann.publish({ camera: wanCamera });
    await Promise.all([ben.shows(stream), ann.shows(own)]);
    const [busy = ''] = await busyErizos(system, middle);
    const pid = erizoPid(busy);

    process.kill(pid, 'SIGSTOP');

    await vi.waitFor(() => expect(system.erizoPids(middle)).not.toContain(pid), patience);
    await ann.hears(`removed ${own}`, patience);
    await vi.waitFor(async () => expect(await ann.streams()).toHaveLength(1), patience);
    await Promise.all([ben.playsOn(), ann.playsOn()]);
  });

  test('goes on where a node stops for longer than its lease, whose clients go elsewhere, and which takes nothing back', async () => {
    const { system } = wan.mesh;
    const ann = await enter('ann', first);
    const ben = await enter('ben', { allow: [first, middle], prefer: [middle] });
    const own = await ben.publish({ camera: wanCamera });
    const stream = await ann.publish({ camera: wanCamera });
    await Promise.all([ben.shows(stream), ann.shows(own)]);
    const { clientId } = await ben.place();
    const pid = nodeOf(system, middle).pid ?? 0;

    process.kill(pid, 'SIGSTOP');

    await ben.hears(`moved: ${first}`, patience);
    await vi.waitFor(
      async () => expect((await system.regionStates()).has(middle)).toBe(false),
      patience,
    );
    await Promise.all([ben.playsOn(), ann.playsOn()]);
    const seen = await ann.heard();

    process.kill(pid, 'SIGCONT');

    await vi.waitFor(
      async () => expect((await system.regionStates()).has(middle)).toBe(true),
      patience,
    );
    await vi.waitFor(
      async () =>
        expect(await countersOf(system, middle)).toMatchObject({ clients: 0, publishers: 0 }),
      patience,
    );
    await Promise.all([ben.playsOn(), ann.playsOn()]);
    expect(await ben.place()).toEqual({ region: first, clientId });
    expect(await ann.streams()).toEqual([own]);
    expect(await ann.heard()).toEqual(seen);
  });
});
