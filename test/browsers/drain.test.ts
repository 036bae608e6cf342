import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { countersOf } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import { nodeOf } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { nuve } from '../support/tokens.ts';

/** A node gets SIGTERM while two browsers talk there. */

const stage = Stage.shared();
const [here, there] = ownRegions();

/** The region's node as the edge lists it. */
async function listed() {
  const answer = await nuve(stage.system, 'GET', 'nodes');
  const { nodes } = v.parse(NodesAnswer, await answer.json());
  return nodes.find((node) => node.region === here);
}

test('a call goes on in a node that drains, newcomers are placed elsewhere, and the node ends after the call', async () => {
  const { system } = stage;
  const [ann, ben] = await Promise.all([
    stage.openDemo({ name: 'ann', region: here }),
    stage.openDemo({ name: 'ben', region: here }),
  ]);
  await Promise.all([ann.sees(1), ben.sees(1)]);
  // Each is sent the other's audio and video.
  await vi.waitFor(async () => expect((await listed())?.load.consumers).toBe(4), patience);
  const first = (await listed())?.certificate;
  const pid = nodeOf(system, here).pid ?? 0;
  process.kill(pid, 'SIGTERM');
  await vi.waitFor(async () => {
    expect((await fetch(`${nodeOf(system, here).httpUrl}/readyz`)).status).toBe(503);
    expect(await listed()).toMatchObject({ draining: true, load: { clients: 2 } });
  }, patience);

  const cleo = await stage.join({ name: 'cleo', region: { allow: [here, there], prefer: [here] } });
  expect((await cleo.place()).region).toBe(there);
  const camera = await cleo.publish();
  await Promise.all([ann.sees(2), ben.sees(2)]);
  await Promise.all([ben.playsOn(), cleo.playsOn()]);
  expect(await countersOf(system, there)).toMatchObject({ clients: 1 });
  expect(await ben.streams()).toContain(camera);
  expect(await ben.statusWords()).toBe('');
  expect(nodeOf(system, here).pid).toBe(pid);

  await Promise.all([ann, ben, cleo].map((participant) => participant.close()));
  await vi.waitFor(() => expect(nodeOf(system, here).pid).not.toBe(pid), patience);
  // Its supervisor starts it again, with the keys that it had.
  await vi.waitFor(async () => {
    const again = await listed();
    expect(again).toMatchObject({ draining: false, certificate: { peerId: first?.peerId } });
  }, patience);
});
