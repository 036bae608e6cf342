import { expect, test, vi } from 'vitest';
import { patience } from '../support/eventually.ts';
import { killNode, nodeOf } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** `kill -9` of a node's main process, controller and agent: its clients go to another region. */

const stage = Stage.shared();
const [here, there, beyond] = ownRegions();

test('a client whose controller is killed goes on in another region as the same client with the same stream', async () => {
  const [ann, ben] = await Promise.all([
    stage.join({ name: 'ann', region: { allow: [here, beyond], prefer: [here] } }),
    stage.join({ name: 'ben', region: there }),
  ]);
  const camera = await ann.publish();
  const other = await ben.publish();
  await Promise.all([ann.playsOn({ ids: [other] }), ben.playsOn({ ids: [camera] })]);
  const { clientId, region } = await ann.place();
  expect(region).toBe(here);
  await Promise.all([ann, ben].map((each) => each.takeLongestPause_ms()));
  const killedAt_ms = performance.now();

  const pid = killNode(stage.system, here);

  await ann.hears(`moved: ${beyond}`);
  const movedAfter_ms = Math.round(performance.now() - killedAt_ms);
  await Promise.all([ann.playsOn({ ids: [other] }), ben.playsOn({ ids: [camera] })]);
  const [annPause_ms, benPause_ms] = await Promise.all(
    [ann, ben].map((each) => each.takeLongestPause_ms()),
  );
  console.log(
    JSON.stringify({ movedAfter_ms, annPause_ms, benPause_ms, heard: await ben.heard() }),
  );
  expect(await ann.place()).toEqual({ clientId, region: beyond });
  expect(await ann.own()).toEqual([camera]);
  expect([await ann.streams(), await ben.streams()]).toEqual([[other], [camera]]);

  // Its supervisor starts the node again; clients come to it as before.
  await vi.waitFor(async () => {
    const node = nodeOf(stage.system, here);
    expect(node.pid ?? pid, `the pid of ${node.nodeId}`).not.toBe(pid);
    expect((await fetch(`${node.httpUrl}/readyz`)).status, 'GET /readyz').toBe(200);
  }, patience);
  const cleo = await stage.join({ name: 'cleo', region: here });
  await cleo.playsOn({ ids: [camera, other] });
});
