import { expect, test, vi } from 'vitest';
import { openIn, whenIdle } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import { Participant } from '../support/page/participant.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { demoToken } from '../support/tokens.ts';

const stage = Stage.shared();
const [here, there] = ownRegions();

test('fifty viewers in another region who join, watch and leave one after the other leave nothing behind', async () => {
  const { system, room } = stage;
  const { edgeUrl } = system;
  const idle = await whenIdle(system, [here, there]);
  const ann = await stage.join({ name: 'ann', region: here });
  await ann.publish();
  const viewer = await Participant.openPage(await stage.openPage('viewer'), edgeUrl);
  for (let time = 1; time <= 50; time += 1) {
    const token = await demoToken(edgeUrl, { room, name: `viewer ${time}`, region: there });
    await viewer.join({ token, playsAll: false });
    await viewer.watch(0, true);
    await viewer.leave();
  }
  await Promise.all([ann.close(), viewer.close()]);
  await vi.waitFor(async () => expect(await openIn(system, [here, there])).toEqual(idle), patience);
}, 240_000);
