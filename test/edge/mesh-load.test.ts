import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, it, vi } from 'vitest';
import { Mesh } from '../../edge/objects/mesh.ts';
import { MeshStore } from '../../edge/objects/mesh-store.ts';
import { limits } from '../../protocol/limits.ts';
import { ask, clock, createRoom, request, startNode } from './support.ts';

const mesh = (): DurableObjectStub<Mesh> => {
  const { MESH } = env;
  return MESH.get(MESH.idFromName('mesh')) as DurableObjectStub<Mesh>;
};

/** How often Mesh was asked meanwhile. */
async function looksDuring(run: () => Promise<unknown>): Promise<number> {
  const snapshot = vi.spyOn(Mesh.prototype, 'snapshot');
  await run();
  const { length } = snapshot.mock.calls;
  snapshot.mockRestore();
  return length;
}

const times = async (count: number, run: () => Promise<unknown>): Promise<unknown> =>
  await Promise.all(Array.from({ length: count }, run));

it('whoever asks for regions has one answer of Mesh with all who ask, for two seconds', async () => {
  await startNode('eu-west', 1);
  const regions = async (): Promise<unknown> => await times(17, () => ask('/regions'));
  expect(await looksDuring(regions)).toBe(1);
  clock.pass(limits.snapshot_ms - 1);
  expect(await looksDuring(regions)).toBe(0);
  clock.pass(1);
  expect(await looksDuring(regions)).toBe(1);
});

it('rooms with regions of their own, known ones or not, ask Mesh no more often', async () => {
  await startNode('eu-west', 2);
  const { _id: roomId } = await createRoom('regions');
  const wish = (allow: string) => ({ name: 'regions', options: { regions: { allow: [allow] } } });
  const statuses = async (allow: string): Promise<number[]> => [
    (await request('POST', '/rooms', wish(allow))).status,
    (await request('PUT', `/rooms/${roomId}`, wish(allow))).status,
    (await request('PATCH', `/rooms/${roomId}`, wish(allow))).status,
  ];
  const looks = await looksDuring(async () => {
    expect(await statuses('eu-west')).toEqual([200, 200, 200]);
    expect(await statuses('nowhere')).toEqual([400, 400, 400]);
  });
  expect(looks).toBe(1);
  clock.pass(limits.freshSnapshot_ms);
  expect(await looksDuring(() => statuses('nowhere'))).toBe(1);
});

it('Mesh keeps its snapshot as a text until something changes', async () => {
  const node = await startNode('eu-west', 3);
  await runInDurableObject(mesh(), async (object) => {
    const read = vi.spyOn(MeshStore.prototype, 'nodes');
    const first = await object.snapshot();
    expect(await object.snapshot()).toBe(first);
    expect(read).toHaveBeenCalledTimes(1);
    const { nodeId } = node.card;
    const load = { rooms: 1, clients: 17, cpu: 0, state: 'available' as const };
    await object.load({ nodeId, lease: 1, load });
    expect(await object.snapshot()).toContain('"clients":17');
    await object.leave({ nodeId, lease: 1 });
    expect(await object.snapshot()).not.toContain(nodeId);
    read.mockRestore();
  });
});
