import { afterEach, describe, expect, test, vi } from 'vitest';
import { processesWithEnv } from '../../infra/proc.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { busyErizos, countersOf } from '../support/counters.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import type { Talker } from './talker.ts';
import { first, last, middle, threeRegionsSuite } from './three-regions.ts';

/** Regions and processes of a running call that are lost, and such that stop and wake up later. */

const patience = { timeout: 60_000, interval: 100 };
const why = whyNoWan();

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  // The middle one is on the shortest way between the others.
  const suite = threeRegionsSuite({ next: 20, ends: 120 });
  const { enter } = suite;

  afterEach(async () => {
    await Promise.all(suite.browser.contexts().map((context) => context.close()));
  });

  const only = (region: string): RegionPin => ({ allow: [region] });

  /** The way between the node of a region and everybody else. */
  async function cutOff(region: string, how: 'cut' | 'heal'): Promise<void> {
    const { wan } = suite.mesh;
    const others = wan.hosts.filter(({ name }) => name !== nodeHost(region));
    await Promise.all(others.map(({ name }) => wan[how](nodeHost(region), name)));
  }

  /** The main process of an ErizoJS, whose worker is not touched. */
  function pidOf(erizoId: string): number {
    const all = processesWithEnv({ RIZOMA_ERIZO_ID: erizoId });
    return all.find(({ command }) => command.includes('nodes/erizo/main.ts'))?.pid ?? 0;
  }

  async function heard(talker: Talker, what: string): Promise<void> {
    await vi.waitFor(async () => expect(await talker.heard()).toContain(what), patience);
  }

  test('that loses a region goes on: others play on, its clients go where they may, or come back with it', async () => {
    const { mesh } = suite;
    const room = 'lost region';
    const ann = await enter(room, only(first));
    const stream = await ann.publish();
    const ben = await enter(room, { allow: [first, middle], prefer: [middle] });
    const dan = await enter(room, only(middle));
    const cleo = await enter(room, only(last));
    await Promise.all([ben, dan, cleo].map((viewer) => viewer.shows(stream)));
    const { clientId } = await ben.place();

    const lostAt_ms = performance.now();
    await cutOff(middle, 'cut');
    await mesh.system.killRegion(middle);

    await heard(ben, `moved: ${first}`);
    console.log(JSON.stringify({ movedAfter_ms: Math.round(performance.now() - lostAt_ms) }));
    expect(await ben.place()).toEqual({ region: first, clientId });
    await Promise.all([cleo.playsFor(2), ben.playsFor(2)]);
    console.log(JSON.stringify({ playsAfter_ms: Math.round(performance.now() - lostAt_ms) }));
    // Who may be nowhere else is told so.
    const words = `there is no node in what the pin leaves (allow ${middle}) now; try again`;
    await heard(dan, `reconnecting: ${words}`);

    await cutOff(middle, 'heal');
    await mesh.system.restartNode(middle);
    await heard(dan, 'reconnected');
    await dan.playsFor(2);
  });

  test('goes on where an ErizoJS stops, which is ended, and whose clients get another', async () => {
    const { system } = suite.mesh;
    const room = 'stopped ErizoJS';
    const [ann, ben] = [await enter(room, only(first)), await enter(room, only(middle))];
    const own = await ben.publish();
    const stream = await ann.publish();
    await Promise.all([ben.shows(stream), ann.shows(own)]);
    const [busy = ''] = await busyErizos(system, middle);
    const pid = pidOf(busy);

    process.kill(pid, 'SIGSTOP');

    await vi.waitFor(() => expect(system.erizoPids(middle)).not.toContain(pid), patience);
    await heard(ann, `went ${own}`);
    await vi.waitFor(async () => expect(await ann.streams()).toHaveLength(1), patience);
    await Promise.all([ben.playsFor(2), ann.playsFor(2)]);
  });

  test('goes on where a node stops for longer than its lease, whose clients go elsewhere, and which takes nothing back', async () => {
    const { system } = suite.mesh;
    const room = 'stopped node';
    const ann = await enter(room, only(first));
    const ben = await enter(room, { allow: [first, middle], prefer: [middle] });
    const own = await ben.publish();
    const stream = await ann.publish();
    await Promise.all([ben.shows(stream), ann.shows(own)]);
    const { clientId } = await ben.place();
    const pid = system.nodes.find(({ region }) => region === middle)?.pid ?? 0;

    process.kill(pid, 'SIGSTOP');

    await heard(ben, `moved: ${first}`);
    await vi.waitFor(
      async () => expect((await system.regionStates()).has(middle)).toBe(false),
      patience,
    );
    await Promise.all([ben.playsFor(2), ann.playsFor(2)]);
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
    await Promise.all([ben.playsFor(2), ann.playsFor(2)]);
    expect(await ben.place()).toEqual({ region: first, clientId });
    expect(await ann.streams()).toEqual([own]);
    expect(await ann.heard()).toEqual(seen);
  });
});
