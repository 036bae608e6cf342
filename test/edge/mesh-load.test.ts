import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, it, vi } from 'vitest';
import { Mesh } from '../../edge/objects/mesh.ts';
import { MeshStore } from '../../edge/objects/mesh-store.ts';
import { NodeLimits } from '../../edge/objects/node-limits.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { TestNode } from './support.ts';
import {
  ask,
  cardOf,
  clock,
  connect,
  createRoom,
  enrolmentOf,
  idle,
  newKey,
  request,
  startNode,
} from './support.ts';

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

/** Who may ask Mesh about nodes, counted by method. */
async function callsDuring(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const spies = {
    admits: vi.spyOn(Mesh.prototype, 'admits'),
    join: vi.spyOn(Mesh.prototype, 'join'),
    load: vi.spyOn(Mesh.prototype, 'load'),
  };
  await run();
  const counts = Object.entries(spies).map(([method, spy]) => [method, spy.mock.calls.length]);
  Object.values(spies).forEach((spy) => spy.mockRestore());
  return Object.fromEntries(counts);
}

const keepAlive = async (node: TestNode, draining: boolean): Promise<unknown> =>
  await node.peer.call('node.keepAlive', { load: { ...idle, ...(draining ? { draining } : {}) } });

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

it('a node that drains and does so no more, again and again, is told of five times at once, and its last word later', async () => {
  const node = await startNode('eu-west', 4);
  const toggled = await callsDuring(async () => {
    for (let count = 0; count < 17; count += 1) {
      await keepAlive(node, count % 2 === 0);
    }
  });
  expect(toggled).toEqual({ admits: 0, join: 0, load: 5 });
  clock.pass(limits.snapshot_ms);
  const later = await callsDuring(async () => {
    await keepAlive(node, false);
    await keepAlive(node, false);
  });
  expect(later['load']).toBeLessThanOrEqual(1);
  await expect
    .poll(async () => await (await request('GET', '/nodes/eu-west-4')).text())
    .toContain('"draining":false');
});

it('a node that registers as another run again and again changes the mesh ten times at once', async () => {
  const node = await connect(cardOf('eu-west', 5));
  const register = async (epoch: string): Promise<unknown> => {
    const card = { ...node.card, epoch };
    return await node.peer.call('node.register', {
      ...{ card, load: idle },
      enrolment: await enrolmentOf(card),
    });
  };
  const counts = await callsDuring(async () => {
    for (let count = 0; count < 10; count += 1) {
      await register(newUuid());
    }
    for (let count = 0; count < 7; count += 1) {
      await expect(register(newUuid())).rejects.toMatchObject({ code: 'rate_limited' });
    }
  });
  expect(counts).toEqual({ admits: 10, join: 10, load: 0 });
  clock.pass(1_000);
  await expect(register(newUuid())).rejects.toThrow('too many changes of this node');
  clock.pass(9_000);
  await register(newUuid());
});

it('who has no key of the node neither reaches Mesh nor uses up what the node may', async () => {
  const node = await startNode('eu-west', 6);
  const other = await connect({ ...cardOf('eu-west', 6), epoch: newUuid() }, newKey());
  const counts = await callsDuring(async () => {
    for (let count = 0; count < 17; count += 1) {
      await expect(other.register()).rejects.toMatchObject({ code: 'conflict' });
    }
  });
  expect(counts).toEqual({ admits: 0, join: 0, load: 0 });
  await node.register();
});

it('a node that calls more than thousands of times at once is refused, and keeps its lease', async () => {
  const node = await startNode('eu-west', 7);
  const limit = vi.spyOn(NodeLimits.prototype, 'demand').mockImplementation((what) => {
    throw new RizomaError('rate_limited', `too many ${what}`);
  });
  await expect(keepAlive(node, false)).rejects.toMatchObject({ code: 'rate_limited' });
  limit.mockRestore();
  expect(await keepAlive(node, false)).toBe('ok');
});
