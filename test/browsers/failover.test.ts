import { expect, test, vi } from 'vitest';
import { patience } from '../support/eventually.ts';
import { nodeOf } from '../support/stage/processes.ts';
import { Stage } from '../support/stage/stage.ts';

/** Browsers in a call lose their controller: it is killed and stays away, or drains. */

const [here, there, beyond] = ['eu-west', 'us-east', 'ap-northeast'];
// The shared system's supervisor would start a killed node again at once; and clients of a node that drains
// are asked to move 15 s before the end of the drain, which usually lasts an hour.
const stage = Stage.own({
  regions: [here, there, beyond],
  prerunProcesses: 1,
  env: { RIZOMA_DRAIN_S: '20' },
});

/** Ann in the first region, though she may go anywhere, and Ben in the second; both publish and play. */
async function call() {
  const [ann, ben] = await Promise.all([
    stage.join({ name: 'ann', region: { allow: [here, there, beyond], prefer: [here] } }),
    stage.join({ name: 'ben', region: there }),
  ]);
  const own = await ann.publish();
  const other = await ben.publish();
  const playOn = () => Promise.all([ann.playsOn({ ids: [other] }), ben.playsOn({ ids: [own] })]);
  await playOn();
  const before = await ann.place();
  expect(before.region).toBe(here);
  const pauses_ms = () => Promise.all([ann, ben].map((each) => each.takeLongestPause_ms()));
  await pauses_ms();
  return { ann, ben, own, before, playOn, pauses_ms };
}

test('a client that loses its controller goes on at another one, and the edge drops the region', async () => {
  const { system } = stage;
  const { ann, ben, own, before, playOn, pauses_ms } = await call();
  const lostAt_ms = performance.now();

  try {
    await system.killNode(here);
    await vi.waitFor(async () => expect((await ann.place()).region).not.toBe(here), patience);
    const movedAfter_ms = Math.round(performance.now() - lostAt_ms);
    await vi.waitFor(
      async () => expect([...(await system.regionStates()).keys()]).not.toContain(here),
      patience,
    );
    await playOn();
    console.log(JSON.stringify({ movedAfter_ms, pauses_ms: await pauses_ms() }));
    expect((await ann.place()).clientId).toBe(before.clientId);
    expect(await ann.own()).toEqual([own]);
    expect(await ben.heard()).toEqual([`added ${own}`]);
  } finally {
    // What the lost controller knew of is gone with its ErizoJS processes, rather than 20 s later.
    await system.killRegion(here);
    await system.restartNode(here);
  }
});

test('a client at a node that drains moves to another one before the drain ends, and plays on meanwhile', async () => {
  const { ann, ben, own, before, playOn, pauses_ms } = await call();

  process.kill(nodeOf(stage.system, here).pid ?? 0, 'SIGTERM');

  await vi.waitFor(async () => expect((await ann.place()).region).not.toBe(here), patience);
  await playOn();
  console.log(JSON.stringify({ pauses_ms: await pauses_ms() }));
  expect((await ann.place()).clientId).toBe(before.clientId);
  expect(await ann.own()).toEqual([own]);
  expect(await ann.heard()).not.toContain('reconnected');
  expect(await ben.heard()).toEqual([`added ${own}`]);
});
