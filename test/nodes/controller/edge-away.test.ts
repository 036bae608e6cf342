import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import {
  ownerToWatcher,
  watcherToOwner,
} from '../../../protocol/contracts/controller-controller.ts';
import { signGrant } from '../../../protocol/grant.ts';
import { newHexId } from '../../../protocol/ids.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import type { World } from './world.ts';
import { elsewhere, eventually, self, until, worldsOfTests } from './world.ts';

/** Two real controllers of one room, whose edge is away from one of them or from both. */

const newWorld = worldsOfTests();
const nothing = { erizos: [], streams: [] };
const serviceId = newHexId();

interface Two {
  here: World;
  there: World;
  roomId: string;
  /** At the one, and at the other. */
  bob: LicodeClient;
  ann: LicodeClient;
  edgeKey: Awaited<ReturnType<typeof newTicketKey>>;
}

async function twoNodes(): Promise<Two> {
  const edgeKey = await newTicketKey();
  const here = await newWorld({ edgeKey });
  const there = await newWorld({ edgeKey, self: elsewhere, other: self });
  const { roomId } = here;
  there.edge.addRoom(roomId);
  here.meet({ ...elsewhere, controller: there.neighbours.endpoint });
  there.meet({ ...self, controller: here.neighbours.endpoint });
  here.edge.otherNode(roomId, elsewhere, nothing);
  there.edge.otherNode(roomId, self, nothing);
  const join = async (world: World): Promise<LicodeClient> => {
    const who = { roomId, userName: 'somebody', role: 'presenter' };
    const ticket = await world.edge.ticket({ ...who, clientId: crypto.randomUUID() });
    return LicodeClient.join(world.url, { ticket });
  };
  return { here, there, roomId, bob: await join(here), ann: await join(there), edgeKey };
}

/** What the Room object would hand on of the other's facts. */
function handOn(from: World, to: World, roomId: string): void {
  const { nodeId } = from.node;
  const { erizos, streams } = from.edge.directory(roomId);
  const own = <Row extends { nodeId: string }>(rows: Row[]): Row[] =>
    rows.filter((row) => row.nodeId === nodeId);
  to.edge.otherNode(roomId, from.node, {
    erizos: own(erizos).map(({ erizoId, endpoint }) => ({ erizoId, endpoint })),
    streams: own(streams).map(({ nodeId: _n, region: _r, since: _s, ...fact }) => fact),
  });
}

describe('while the edge is away', () => {
  it('a stream that comes is seen at the other controller, can be watched, and is gone when it ends', async () => {
    const { here, there, bob, ann } = await twoNodes();
    here.edge.goAway();
    there.edge.goAway();
    const streamId = await there.publish(ann);
    await until(bob, 'onAddStream', streamId);
    await here.subscribe(bob, streamId);
    const [call] = here.erizo(0).paramsOf('addSubscriber');
    expect(call?.route).toMatchObject([{ nodeId: 'us-east-1', region: 'us-east' }]);
    await ann.ask('unpublish', streamId);
    await until(bob, 'onRemoveStream', streamId);
  });

  it('what it missed is told to it afterwards, and nobody is told twice', async () => {
    const { here, there, roomId, bob, ann } = await twoNodes();
    here.edge.goAway();
    there.edge.goAway();
    const streamId = await there.publish(ann);
    await until(bob, 'onAddStream', streamId);
    here.edge.comeBack();
    await eventually(() => here.edge.count('room.enter') === 2);
    there.edge.comeBack();
    await eventually(() => there.edge.directory(roomId).streams.length === 1);
    handOn(there, here, roomId);
    const second = await there.publish(ann);
    await eventually(() => there.edge.directory(roomId).streams.length === 2);
    handOn(there, here, roomId);
    // What was told of the first came before.
    await until(bob, 'onAddStream', second);
    expect(bob.left('onRemoveStream')).toBe(0);
    expect(bob.left('onAddStream')).toBe(0);
  });

  it('of one controller alone, both see what comes at the other, though the edge has lost the one', async () => {
    const { here, there, roomId, bob, ann } = await twoNodes();
    const first = await here.publish(bob);
    handOn(here, there, roomId);
    await until(ann, 'onAddStream', first);
    here.edge.goAway();
    const second = await here.publish(bob);
    await until(ann, 'onAddStream', second);
    // The lease of the one has ended: what it says itself counts more.
    there.edge.otherNode(roomId, self, nothing);
    const third = await there.publish(ann);
    await until(bob, 'onAddStream', third);
    await here.controller.close();
    await until(ann, 'onRemoveStream', first);
    await until(ann, 'onRemoveStream', second);
  });

  it('what a controller publishes is gone with it, once its links and the mesh have lost it', async () => {
    const { here, there, roomId, bob, ann } = await twoNodes();
    const streamId = await there.publish(ann);
    handOn(there, here, roomId);
    await until(bob, 'onAddStream', streamId);
    here.edge.goAway();
    there.edge.goAway();
    const second = await there.publish(ann);
    await until(bob, 'onAddStream', second);
    // It says itself what it has, whatever the mesh knows of it.
    here.members.set(here.members.agentsOf('eu-west').slice());
    const third = await there.publish(ann);
    await until(bob, 'onAddStream', third);
    expect(bob.left('onRemoveStream')).toBe(0);
    await there.neighbours.close();
    for (const id of [streamId, second, third]) {
      await until(bob, 'onRemoveStream', id);
    }
  });

  it('facts are taken only from who shows the grant of a room that is held here', async () => {
    const { here, there, roomId, edgeKey } = await twoNodes();
    const hello = JSON.stringify({ kind: 'controller', id: 'us-east-1/9' });
    const to = { nodeId: self.nodeId, endpoint: here.neighbours.endpoint };
    using peer = RpcPeer.create(
      {
        link: there.zmq.dial({ to, hello, name: 'raw' }),
        clock: systemClock,
        handlers: { 'stream.data': () => undefined, 'p2p.toSubscriber': () => undefined },
      },
      { outgoing: watcherToOwner, incoming: ownerToWatcher },
    );
    const share = async (grant: Promise<string>, room = roomId): Promise<unknown> =>
      peer
        .call('room.share', { roomId: room, grant: await grant, facts: nothing, at: 1 })
        .catch(({ code }: { code: unknown }) => code);
    const now_ms = Date.now();
    const grant = (changes: object, key = edgeKey): Promise<string> =>
      signGrant(key, { roomId, serviceId, epoch: 0, ...changes }, now_ms);
    expect(await share(grant({}))).toBeNull();
    const day_ms = 24 * 60 * 60 * 1000;
    const old = signGrant(edgeKey, { roomId, serviceId, epoch: 0 }, now_ms - 2 * day_ms);
    expect([
      await share(grant({}, await newTicketKey())),
      await share(grant({ roomId: newHexId() })),
      await share(grant({ regions: { allow: ['eu-west'] } })),
      await share(old),
      await share(Promise.resolve('nonsense')),
    ]).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden', 'forbidden']);
    expect(await share(grant({}), newHexId())).toBe('not_found');
  });
});
