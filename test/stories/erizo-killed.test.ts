import { expect, test, vi } from 'vitest';
import { busyErizos } from '../support/counters.ts';
import { eventually, patience } from '../support/eventually.ts';
import type { Participant } from '../support/page/participant.ts';
import { erizoPid } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** `kill -9` of an ErizoJS process: its own room heals, and the room in another process does not notice. */

const stage = Stage.shared();
const [here, there] = ownRegions();

/** The processes that have clients, once there are so many: each tells its node at times. */
function busy(count: number): Promise<string[]> {
  const ask = (): Promise<string[]> => busyErizos(stage.system, here);
  return eventually(`${count} busy processes`, ask, (ids) => ids.length === count);
}

test('clients of a killed ErizoJS go on in another process with the same streams, and no other room notices', async () => {
  const hit = `${stage.room} (hit)`;
  const spared = `${stage.room} (spared)`;
  const publishIn = async (room: string, name: string, region: string): Promise<Participant> => {
    const participant = await stage.join({ room, name, region });
    await participant.publish();
    return participant;
  };
  const [ann, ben] = await Promise.all([publishIn(hit, 'ann', here), publishIn(hit, 'ben', there)]);
  await Promise.all([ann.sees(1), ben.sees(1)]);
  // It is the only room of the region so far, and so the process is its own.
  const victims = await busy(1);
  const [cleo, dan] = await Promise.all([
    publishIn(spared, 'cleo', here),
    publishIn(spared, 'dan', there),
  ]);
  await Promise.all([cleo.sees(1), dan.sees(1)]);
  await busy(2);
  const all = [ann, ben, cleo, dan];
  const streams = await Promise.all(all.map((one) => one.streams()));
  const heard = await Promise.all([cleo, dan].map((one) => one.heard()));

  process.kill(erizoPid(victims[0] ?? ''), 'SIGKILL');

  await vi.waitFor(async () => {
    const ids = await busyErizos(stage.system, here);
    expect(ids, 'ErizoJS processes with clients').toHaveLength(2);
    expect(ids).not.toContain(victims[0]);
  }, patience);
  await Promise.all(all.map((one) => one.playsOn()));
  expect(await Promise.all(all.map((one) => one.streams()))).toEqual(streams);
  expect(await Promise.all([cleo, dan].map((one) => one.heard()))).toEqual(heard);
});
