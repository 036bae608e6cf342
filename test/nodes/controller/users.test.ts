import { describe, expect, it } from 'vitest';
import { checkStamp } from '../../../protocol/stamp.ts';
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

  it('hear that the room is not served here any more when another pin of it keeps the node out', async () => {
    const world = await newWorld();
    const client = await world.join();
    world.edge.dropRoom(world.roomId);
    expect(await client.next('room_ended')).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('join again') as string,
    });
    await client.next('disconnect');
    await eventually(() => world.controller.counters().heldRooms === 0);
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

describe('who left a room for good', () => {
  it('is told to the Room object, and who was lost or is to come again is not', async () => {
    const world = await newWorld();
    const left = (): string[] => world.edge.left(world.roomId);
    const [ann, bob, eve] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    const stays = await world.join({ clientId: eve });
    const first = await world.join({ clientId: ann });
    const again = await world.join({ clientId: ann });
    expect(await first.next('room_ended')).toMatchObject({ code: 'conflict' });
    const second = await world.join({ clientId: bob });
    await second.ask('clientDisconnection', {});
    await eventually(() => left().length > 0);
    expect(left()).toEqual([bob]);
    await again.ask('clientDisconnection', {});
    await stays.ask('clientDisconnection', {});
    // The last one has left, and the room with it.
    await eventually(() => left().length === 3);
    expect(left().toSorted()).toEqual([ann, bob, eve].toSorted());
  });
});

describe('the stamp that a client is in its room', () => {
  it('comes at once when it came from another controller, under the secret of its tickets', async () => {
    const world = await newWorld();
    const clientId = crypto.randomUUID();
    const { roomId } = world;
    const joinedAt_ms = Date.now() - 60_000;
    const ticket = await world.edge.ticket(
      { ...visitor(world), clientId, roomId },
      { joinedAt_ms },
    );
    const client = await LicodeClient.join(world.url, { ticket });
    const { stamp } = (await client.next('onStamp')) as { stamp: string };
    const secrets = world.edge.keys?.ticketSecrets ?? [];
    const said = await checkStamp(secrets, stamp, { clientId, roomId, now_ms: Date.now() });
    expect(said).toMatchObject({ clientId, roomId });
  });

  it('is not given to a client of a token, which has no re-entry', async () => {
    const world = await newWorld();
    const { tokenId, host, signature, secure } = await world.edge.token(
      world.host,
      visitor(world),
      world.roomId,
    );
    const query = { tokenId, host, signature, secure: String(secure) };
    const client = await LicodeClient.join(world.url, query);
    await client.ask('clientDisconnection', {});
    expect(client.left('onStamp')).toBe(0);
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
