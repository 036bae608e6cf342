import { expect, test } from 'vitest';
import { busyErizos, countersOf } from '../support/counters.ts';
import { Stage } from '../support/stage/stage.ts';

/** Viewers of one region in processes of their own, so that the stream enters it through a gateway. */

const [here, there] = ['eu-west', 'ap-northeast'];
const stage = Stage.own({ regions: [here, there], env: { RIZOMA_CLIENTS_PER_ERIZO: '1' } });

test('a viewer in a second process of a region is served by the first, and nothing more crosses the ocean', async () => {
  const { system } = stage;
  const [ann, ben] = await Promise.all([
    stage.openDemo({ name: 'ann', region: here }),
    stage.openDemo({ name: 'ben', region: there }),
  ]);
  await Promise.all([ann.sees(1), ben.sees(1)]);
  expect(await countersOf(system, there)).toMatchObject({ wan_pulls: 1, pulls: 1 });

  const cleo = await stage.openDemo({ name: 'cleo', region: there });
  await Promise.all([ann.sees(2), ben.sees(2), cleo.sees(2)]);
  await cleo.playsOn();
  expect(await busyErizos(system, there)).toHaveLength(2);
  // Ann's stream came once over the ocean; Cleo has it, and Ben's, from the process next door.
  expect(await countersOf(system, there)).toMatchObject({ wan_pulls: 1, pulls: 4 });
});
