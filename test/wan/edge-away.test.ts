import { describe, expect, test, vi } from 'vitest';
import { demoToken } from '../support/sdk-page.ts';
import { chooseRegions, measuredMatrix, readMatrix } from './matrix.ts';
import { whyNoWan } from './permission.ts';
import { edgeHost, nodeHost } from './system.ts';
import { Talker } from './talker.ts';
import { wanSuite } from './wan-suite.ts';

/** A running call over two regions, whose edge ends, and one that is cut off from it. */

const patience = { timeout: 60_000, interval: 100 };
const matrix = readMatrix(measuredMatrix);
const regions = chooseRegions(matrix, '2');
const [here = '', there = ''] = regions.map(({ id }) => id);
/** Longer than any lease, and than the silence after which a link is given up. */
const away_s = 12;
const why = whyNoWan();

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  const suite = wanSuite({ matrix, regions, lastMile_ms: 10 });

  async function join(room: string, region: string): Promise<Talker> {
    const { browser, mesh } = suite;
    const { edgeUrl } = mesh.system;
    const token = await demoToken(edgeUrl, { room, name: 'somebody', region });
    return await Talker.join(browser, edgeUrl, token);
  }

  async function goesOn(room: string, leave: () => Promise<void>, back: () => Promise<void>) {
    const { system } = suite.mesh;
    const [ann, ben] = [await join(room, here), await join(room, there)];
    const first = await ann.publish();
    await ben.shows(first);
    const before = await ben.playsFor(1);

    await leave();
    const second = await ann.publish();
    const own = await ben.publish();
    await Promise.all([ben.shows(second), ann.shows(own)]);
    await ann.unpublishLast();
    await vi.waitFor(async () => expect(await ben.heard()).toContain(`went ${second}`), patience);
    const after = await ben.playsFor(away_s, before);
    console.log(JSON.stringify({ room, before, after }));
    expect(after.lost).toBe(before.lost);
    await back();
    await vi.waitFor(async () => expect((await system.regionStates()).size).toBe(2), patience);

    // Who comes now knows what the Room object says.
    const [cleo, dan] = [await join(room, here), await join(room, there)];
    const streams = [first, own].toSorted();
    expect([await cleo.streams(), await dan.streams()]).toEqual([streams, streams]);
    await Promise.all([cleo.shows(own), dan.shows(first)]);
    expect(await ben.heard()).toEqual([`came ${first}`, `came ${second}`, `went ${second}`]);
    expect(await ann.heard()).toEqual([`came ${own}`]);
    expect((await ben.count()).lost).toBe(before.lost);
    await Promise.all([ann, ben, cleo, dan].map((talker) => talker.leave()));
  }

  test('whose edge ends loses nothing, sees what is published meanwhile, and agrees with the edge afterwards', async () => {
    const { system } = suite.mesh;
    await goesOn(
      'ended',
      () => system.killEdge(),
      () => system.restartEdge(),
    );
  }, 240_000);

  test('that the edge cannot be reached from does the same, though its nodes have lost their leases', async () => {
    const { wan, system } = suite.mesh;
    const each = async (how: 'cut' | 'heal'): Promise<void> => {
      for (const { id } of regions) {
        await wan[how](edgeHost, nodeHost(id));
      }
    };
    await goesOn(
      'cut off',
      () => each('cut'),
      async () => {
        expect((await system.regionStates()).size).toBe(0);
        await each('heal');
      },
    );
  }, 240_000);
});
