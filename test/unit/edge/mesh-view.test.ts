import { describe, expect, it } from 'vitest';
import { createLog } from '../../../edge/log.ts';
import type { KeptMesh } from '../../../edge/objects/mesh-pictures.ts';
import { MeshPictures } from '../../../edge/objects/mesh-pictures.ts';
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
  const kept: KeptMesh = { latest: undefined };
  const another = (): MeshView => {
    const pictures = new MeshPictures({ mesh: () => api, clock, kept });
    return new MeshView({ pictures, clock, random: () => 0 }, { policy: 'nearest' });
  };
  return { view: another(), another, mesh };
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

  it('is asked for anew before anybody is refused, four times a second at the most', async () => {
    const { view, mesh } = viewOf({ regions: ['eu-west'], nodes: [], revoked: [] });
    const refused = async (): Promise<void> =>
      await expect(view.place(wish)).rejects.toMatchObject({ code: 'region_empty' });
    for (const _ of [1, 2, 3]) {
      await refused();
    }
    expect(mesh.asked).toBe(1);
    mesh.now_ms += limits.freshSnapshot_ms;
    await refused();
    expect(mesh.asked).toBe(2);
    mesh.snapshot = one;
    mesh.now_ms += limits.freshSnapshot_ms;
    expect((await view.place(wish)).entrances[0]?.card.nodeId).toBe('a');
  });

  it('is asked for anew by who has lost a node a moment ago', async () => {
    const { view, mesh } = viewOf(one);
    await view.snapshot();
    mesh.snapshot = { regions: ['eu-west'], nodes: [node('b')], revoked: [] };
    mesh.now_ms = limits.freshSnapshot_ms;
    expect((await view.snapshot()).nodes[0]?.card.nodeId).toBe('a');
    expect((await view.freshSnapshot()).nodes[0]?.card.nodeId).toBe('b');
    view.nodeLost('a');
    await view.snapshot();
    expect(mesh.asked).toBe(2);
    view.nodeLost('b');
    await view.snapshot();
    expect(mesh.asked).toBe(3);
  });

  it('is one for all rooms of an isolate, each of which counts its own on their way', async () => {
    const { view, another, mesh } = viewOf(one);
    view.assign('ann', await view.place(wish));
    const other = another();
    expect(await other.snapshot()).toBe(await view.snapshot());
    expect(mesh.asked).toBe(1);
    const clients = async (room: MeshView): Promise<number | undefined> =>
      (await room.explain(wish)).candidates[0]?.load.clients;
    expect([await clients(view), await clients(other)]).toEqual([1, 0]);
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
