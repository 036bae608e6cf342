import { describe, expect, it } from 'vitest';
import { newHexId } from '../../../protocol/ids.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { eventually, visitor, worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();

describe('the users of a room', () => {
  it('are told to the edge with their names and roles', async () => {
    const world = await newWorld();
    const [ann, bob] = [crypto.randomUUID(), crypto.randomUUID()];
    await world.join({ clientId: ann });
    await world.join({ clientId: bob, role: 'viewer' });
    expect(world.edge.users(world.roomId)).toMatchObject([
      { clientId: ann, name: 'ann', role: 'presenter' },
      { clientId: bob, name: 'ann', role: 'viewer' },
    ]);
    expect(world.edge.users(newHexId())).toEqual([]);
  });

  it('are disconnected by their name, hear why and leave nothing', async () => {
    const world = await newWorld();
    const [first, second] = [await world.join(), await world.join()];
    const bob = await world.edge.token(
      world.host,
      { ...visitor(world), userName: 'bob' },
      world.roomId,
    );
    const { tokenId, host, signature } = bob;
    const query = { tokenId, host, signature, secure: String(bob.secure) };
    const stays = await LicodeClient.join(world.url, query);
    const streamId = await world.publish(first);
    expect(world.edge.deleteUser(world.roomId, 'nobody')).toBe(0);
    expect(world.edge.deleteUser(world.roomId, 'ann')).toBe(2);
    for (const client of [first, second]) {
      expect(await client.next('room_ended')).toMatchObject({ code: 'forbidden' });
      await client.next('disconnect');
    }
    expect(await stays.next('onAddStream')).toMatchObject({ id: streamId });
    expect(await stays.next('onRemoveStream')).toEqual({ id: streamId });
    expect(world.edge.users(world.roomId)).toMatchObject([{ name: 'bob' }]);
    expect(world.edge.deleteUser(world.roomId, 'ann')).toBe(0);
    expect(world.edge.deleteUser(newHexId(), 'bob')).toBe(0);
    await eventually(() => world.controller.counters().streams === 0);
  });

  it('cannot come back with the client id that was disconnected', async () => {
    const world = await newWorld();
    const clientId = crypto.randomUUID();
    const client = await world.join({ clientId });
    world.edge.deleteUser(world.roomId, 'ann');
    await client.next('disconnect');
    const words = await LicodeClient.refused(world.url, { clientId });
    expect(words).toMatch(/not_found/);
  });
});

describe('who is in a room', () => {
  it('is told to the Room object as clients come and go, and when the edge is back', async () => {
    const world = await newWorld();
    const [ann, bob, eve] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    const present = (): string[] => world.edge.present(world.roomId).toSorted();
    const are = async (...ids: string[]): Promise<void> => {
      const wanted = ids.toSorted();
      await eventually(() => JSON.stringify(present()) === JSON.stringify(wanted));
    };
    const first = await world.join({ clientId: ann });
    const second = await world.join({ clientId: bob });
    await are(ann, bob);
    await first.ask('clientDisconnection', {});
    await are(bob);
    world.edge.goAway();
    await second.ask('clientDisconnection', {});
    world.edge.comeBack();
    await world.join({ clientId: eve });
    await are(eve);
  });
});
