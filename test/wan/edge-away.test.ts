import { describe, expect, test, vi } from 'vitest';
import type { Participant } from '../support/page/participant.ts';
import { chooseRegions, measuredMatrix, readMatrix } from './matrix.ts';
import { whyNoWan } from './permission.ts';
import { edgeHost, nodeHost } from './system.ts';
import { wanCamera, wanStage } from './wan-stage.ts';

/** A running call over two regions, whose edge ends, and one that is cut off from it. */

const patience = { timeout: 60_000, interval: 100 };
const matrix = readMatrix(measuredMatrix);
const regions = chooseRegions(matrix, '2');
const [here = '', there = ''] = regions.map(({ id }) => id);
/** Of 10 a second: by then every lease is over, and so is the silence after which a link is given up. */
const away_frames = 120;
const why = whyNoWan();

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  const wan = wanStage({ matrix, regions, lastMile_ms: 10, prerunProcesses: 1 });

  const join = (name: string, region: string): Promise<Participant> =>
    wan.stage.join({ name, region });

  async function goesOn(leave: () => Promise<void>, back: () => Promise<void>) {
    const { system } = wan.mesh;
    const [ann, ben] = [await join('ann', here), await join('ben', there)];
    const first = await ann.publish({ camera: wanCamera });
    await ben.playsOn({ ids: [first] });
    const before = await ben.rtp();

    await leave();
    const second = await ann.publish({ camera: wanCamera });
    const own = await ben.publish({ camera: wanCamera });
    await Promise.all([ben.shows(second), ann.shows(own)]);
    await ann.unpublish(second);
    await ben.hears(`removed ${second}`, patience);
    await ben.playsOn({ ids: [first], frames: away_frames, ...patience });
    const after = await ben.rtp();
    console.log(JSON.stringify({ before, after }));
    expect(after.lost).toBe(before.lost);
    await back();
    await vi.waitFor(async () => expect((await system.regionStates()).size).toBe(2), patience);

    // Newcomers hear what the Room object knows.
    const [cleo, dan] = [await join('cleo', here), await join('dan', there)];
    const streams = [first, own].toSorted();
    expect([await cleo.streams(), await dan.streams()]).toEqual([streams, streams]);
    await Promise.all([cleo.shows(own), dan.shows(first)]);
    expect(await ben.heard()).toEqual([`added ${first}`, `added ${second}`, `removed ${second}`]);
    expect(await ann.heard()).toEqual([`added ${own}`]);
    expect((await ben.rtp()).lost).toBe(before.lost);
  }

  test('whose edge ends loses nothing, sees what is published meanwhile, and agrees with the edge afterwards', async () => {
    const { system } = wan.mesh;
    await goesOn(
      () => system.killEdge(),
      () => system.restartEdge(),
    );
  }, 240_000);

  test('that the edge cannot be reached from does the same, though its nodes have lost their leases', async () => {
    const { mesh } = wan;
    const each = async (how: 'cut' | 'heal'): Promise<void> => {
      for (const { id } of regions) {
        await mesh.wan[how](edgeHost, nodeHost(id));
      }
    };
    await goesOn(
      () => each('cut'),
      async () => {
        expect((await mesh.system.regionStates()).size).toBe(0);
        await each('heal');
      },
    );
  }, 240_000);
});
