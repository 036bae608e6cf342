import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { countersOf, openIn, perErizo, whenIdle } from '../support/counters.ts';
import type { Participant } from '../support/page/participant.ts';
import { eventually, patience } from '../support/eventually.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { nuve, roomIdOf } from '../support/tokens.ts';

/** The main flow: participants in two regions see and hear each other over one pipe each way. */

const stage = Stage.shared();
const [here, there, beyond] = ownRegions();

const Users = v.array(v.object({ name: v.string() }));

/** Cascades that the ErizoJS processes of a region have opened since the first reading. */
async function newCascades(region: string, before: ReadonlyMap<string, number>): Promise<number> {
  const now = await perErizo(stage.system, region, 'cascade_opens_total');
  return [...now].reduce((sum, [id, count]) => sum + count - (before.get(id) ?? 0), 0);
}

/** Resolves when exactly one tile has the ring of the speaker. */
function hearsOneSpeaker(viewer: Participant): Promise<void> {
  return vi.waitFor(
    async () => expect(await viewer.count('article[data-speaks]'), 'speakers').toBe(1),
    patience,
  );
}

test('two participants in two regions see and hear each other, a third adds no copy over the ocean, and all of it goes with them', async () => {
  const { system } = stage;
  const idle = await whenIdle(system, [here, there]);
  const regions = [here, there] as const;
  const cascades = await Promise.all(
    regions.map((region) => perErizo(system, region, 'cascade_opens_total')),
  );
  const [ann, ben] = await Promise.all([
    stage.openDemo({ name: 'ann', region: here }),
    stage.openDemo({ name: 'ben', region: there }),
  ]);
  await Promise.all([ann.sees(1), ben.sees(1)]);
  expect((await ann.played()).map(({ region }) => region)).toEqual([there]);
  expect((await ben.played()).map(({ region }) => region)).toEqual([here]);
  await Promise.all([ann.playsOn(), ben.playsOn()]);
  // The speaker has a ring, in either region; one at a time.
  await Promise.all([hearsOneSpeaker(ann), hearsOneSpeaker(ben)]);

  // Exactly one stream crosses each way, both on the one pipe that two processes share.
  for (const [index, region] of regions.entries()) {
    const open = { wan_pulls: 1, pulls: 1, feeds: 1 };
    expect({ region, ...(await countersOf(system, region)) }).toMatchObject({ region, ...open });
    expect(await newCascades(region, cascades[index] ?? new Map())).toBe(1);
  }
  expect(await countersOf(system, beyond)).toMatchObject({ pulls: 0, pipe_transports: 0 });
  const cleo = await stage.openDemo({ name: 'cleo', region: there });
  await Promise.all([ann.sees(2), ben.sees(2), cleo.sees(2)]);
  await cleo.playsOn();
  expect(await countersOf(system, there)).toMatchObject({ wan_pulls: 1 });
  expect(await countersOf(system, here)).toMatchObject({ wan_pulls: 2 });
  const roomId = await roomIdOf(system, stage.room);
  const users = async () => {
    const answer = await nuve(system, 'GET', `rooms/${roomId}/users`);
    return v.parse(Users, await answer.json()).length;
  };
  expect(await users()).toBe(3);
  await ben.click('#leave');
  await Promise.all([ann.sees(1), cleo.sees(1)]);
  expect(await ann.statusWords()).toBe('');
  // Rejoin alone brings him back: nobody clicks on Join.
  await ben.click('#status [data-topic="join"] button');
  await Promise.all([ann.sees(2), cleo.sees(2)]);
  // Controllers tell who came and went once a second.
  await eventually('three users at the edge', users, (count) => count === 3);
  await ben.click('#leave');
  await Promise.all([ann.sees(1), cleo.sees(1)]);
  await Promise.all([ann.close(), cleo.close()]);
  await vi.waitFor(async () => {
    expect(await openIn(system, [here, there])).toEqual(idle);
    expect(await users(), 'users at the edge').toBe(0);
  }, patience);
});
