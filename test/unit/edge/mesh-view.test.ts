import { describe, expect, it } from 'vitest';
import { createLog } from '../../../edge/log.ts';
import { MeshView } from '../../../edge/objects/mesh-view.ts';
import { outcomeOf } from '../../../edge/objects/outcome.ts';
import type { MeshPicture } from '../../../edge/placement/snapshot.ts';
import { limits } from '../../../protocol/limits.ts';

const log = createLog({});
const wish = { pin: {}, place: undefined };

function node(nodeId: string): MeshPicture['nodes'][number] {
  return {
    card: {
      nodeId,
      epoch: '8f9f0d2e-6a52-4c3c-9f39-0e8f1f5a7c11',
      region: 'eu-west',
      place: { lat: 53, lon: -6 },
      host: 'a.test:443',
      secure: true,
      version: '1',
    },
    load: { rooms: 0, clients: 0, cpu: 0, state: 'available' },
  };
}

function viewOf(first: MeshPicture) {
  const mesh = { snapshot: first, asked: 0, now_ms: 0 };
  const api = {
    snapshot: () =>
      outcomeOf(log, () => {
        mesh.asked += 1;
        return mesh.snapshot;
      }),
  };
  const clock = { now: () => mesh.now_ms, after: () => () => undefined };
  const view = new MeshView({ mesh: api, clock, random: () => 0 }, { policy: 'nearest' });
  return { view, mesh };
}

describe('a room’s picture of the mesh', () => {
  const one = { regions: ['eu-west'], nodes: [node('a')], revoked: [] };

  it('is asked for once in two seconds', async () => {
    const { view, mesh } = viewOf(one);
    await view.place(wish);
    mesh.now_ms = limits.snapshot_ms - 1;
    await view.place(wish);
    expect(mesh.asked).toBe(1);
    mesh.now_ms = limits.snapshot_ms;
    await view.place(wish);
    expect(mesh.asked).toBe(2);
  });

  it('is asked for once by a crowd that comes at once', async () => {
    const { view, mesh } = viewOf(one);
    await Promise.all(Array.from({ length: 100 }, () => view.place(wish)));
    expect(mesh.asked).toBe(1);
  });

  it('is asked for anew before anybody is refused, and after it was found to be wrong', async () => {
    const { view, mesh } = viewOf({ regions: ['eu-west'], nodes: [], revoked: [] });
    await expect(view.place(wish)).rejects.toMatchObject({ code: 'region_empty' });
    mesh.snapshot = one;
    expect((await view.place(wish)).entrances[0]?.card.nodeId).toBe('a');
    mesh.snapshot = { regions: ['eu-west'], nodes: [node('b')], revoked: [] };
    view.forget();
    expect((await view.place(wish)).entrances[0]?.card.nodeId).toBe('b');
  });

  it('counts whom it sent to a node until the node reports more clients', async () => {
    const loaded = (clients: number): MeshPicture => {
      const { card, load } = node('a');
      return { regions: ['eu-west'], nodes: [{ card, load: { ...load, clients } }], revoked: [] };
    };
    const { view, mesh } = viewOf(loaded(20));
    const clients = async (): Promise<number | undefined> =>
      (await view.explain(wish)).candidates[0]?.load.clients;
    for (const participant of ['ann', 'bob', 'bob']) {
      view.assign(participant, await view.place(wish));
    }
    expect(await clients()).toBe(22);
    const again = await view.place(wish, 'bob');
    expect(await clients()).toBe(21);
    view.assign('bob', again);
    mesh.snapshot = loaded(21);
    mesh.now_ms += limits.snapshot_ms;
    expect(await clients()).toBe(22);
    mesh.now_ms += 10_000;
    expect(await clients()).toBe(21);
  });
});
