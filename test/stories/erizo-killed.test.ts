import { expect, test, vi } from 'vitest';
import { busyErizos } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import { killBusyErizos } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** `kill -9` of an ErizoJS process: its own room heals, and the room in another process does not notice. */

const stage = Stage.shared();
const [here, there] = ownRegions();

test('clients of a killed ErizoJS go on in another process with the same streams, and no other room notices', async () => {
  const hit = `${stage.room} (hit)`;
  const spared = `${stage.room} (spared)`;
  const [ann, ben] = await Promise.all([
    stage.openDemo({ room: hit, name: 'ann', region: here }),
    stage.openDemo({ room: hit, name: 'ben', region: there }),
  ]);
  await Promise.all([ann.playsOn(), ben.sees(1)]);
  // It is the only room of the region so far, and so the process is its own.
  const victims = await busyErizos(stage.system, here);
  expect(victims).toHaveLength(1);
  const [cleo, dan] = await Promise.all([
    stage.openDemo({ room: spared, name: 'cleo', region: there }),
    stage.openDemo({ room: spared, name: 'dan', region: there }),
  ]);
  await Promise.all([cleo.sees(1), dan.sees(1)]);
  const streams = await Promise.all([ann.streams(), ben.streams(), cleo.streams()]);

  expect(await killBusyErizos(stage.system, here)).toEqual(victims);

  await vi.waitFor(async () => {
    const busy = await busyErizos(stage.system, here);
    expect(busy, 'ErizoJS processes with clients').toHaveLength(1);
    expect(busy).not.toEqual(victims);
  }, patience);
  await Promise.all([ann, ben, cleo].map((viewer) => viewer.playsOn()));
  expect(await Promise.all([ann.streams(), ben.streams(), cleo.streams()])).toEqual(streams);
  expect(await cleo.statusWords()).toBe('');
});
