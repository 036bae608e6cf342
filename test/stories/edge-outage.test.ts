import { expect, test, vi } from 'vitest';
import { patience } from '../support/eventually.ts';
import { Stage } from '../support/stage/stage.ts';

/** A running call over two regions whose edge ends. */

const [here, there] = ['eu-west', 'ap-northeast'];
// The edge is what all rooms of the shared system have in common.
const stage = Stage.own({ regions: [here, there], prerunProcesses: 1 });

test('a call whose edge ends goes on, sees what is published meanwhile, and agrees with the edge afterwards', async () => {
  const { system } = stage;
  const [ann, ben] = await Promise.all([
    stage.join({ name: 'ann', region: here }),
    stage.join({ name: 'ben', region: there }),
  ]);
  const first = await ann.publish();
  await ben.playsOn({ ids: [first] });
  const before = await ben.rtp();

  await system.killEdge();
  const second = await ann.publish();
  const own = await ben.publish();
  await Promise.all([ben.playsOn({ ids: [first, second] }), ann.playsOn({ ids: [own] })]);
  await ann.unpublish(second);
  await ben.hears(`removed ${second}`);
  await ben.playsOn({ ids: [first] });
  expect((await ben.rtp()).lost).toBe(before.lost);

  await system.restartEdge();
  await vi.waitFor(
    async () => expect([...(await system.regionStates()).keys()].toSorted()).toEqual([there, here]),
    patience,
  );
  // Newcomers hear what the edge knows of the room.
  const [cleo, dan] = await Promise.all([
    stage.join({ name: 'cleo', region: here }),
    stage.join({ name: 'dan', region: there }),
  ]);
  const streams = [first, own].toSorted();
  expect([await cleo.streams(), await dan.streams()]).toEqual([streams, streams]);
  await Promise.all([cleo.playsOn({ ids: streams }), dan.playsOn({ ids: streams })]);
  expect(await ben.heard()).toEqual([`added ${first}`, `added ${second}`, `removed ${second}`]);
  expect(await ann.heard()).toEqual([`added ${own}`]);
});
