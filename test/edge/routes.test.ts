import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { NodeLoad } from '../../protocol/contracts/node-edge.ts';
import type { RegionRoute } from '../../protocol/directory.ts';
import type { places, TestNode } from './support.ts';
import { cardOf, clock, connect, createRoom, idle, request, someFacts } from './support.ts';

const eu = { ...idle, rtts_ms: { 'us-east': 80, 'ap-northeast': 300 } };
const us = { ...idle, rtts_ms: { 'ap-northeast': 150 } };
const throughUs = [
  { origin: 'eu-west', parents: { 'ap-northeast': 'us-east', 'us-east': 'eu-west' } },
];
const allDirect = [
  { origin: 'eu-west', parents: { 'ap-northeast': 'eu-west', 'us-east': 'eu-west' } },
];

async function startNode(region: keyof typeof places, load: NodeLoad): Promise<TestNode> {
  const node = await connect(cardOf(region));
  await node.register(load);
  return node;
}

/** A room in which one region publishes and two others have a process each. */
async function threeRegions(name: string) {
  const nodes = [
    await startNode('eu-west', eu),
    await startNode('us-east', us),
    await startNode('ap-northeast', idle),
  ] as const;
  const { _id: roomId } = await createRoom(name);
  for (const [index, node] of nodes.entries()) {
    const facts = index === 0 ? someFacts() : { ...someFacts(), streams: [] };
    node.follow(await node.enter(roomId, facts));
  }
  const room = env.ROOM.get(env.ROOM.idFromName(roomId));
  /** The alarm of the room rings after so long. */
  const wait = async (time_ms: number): Promise<void> => {
    clock.pass(time_ms);
    await runDurableObjectAlarm(room);
  };
  const version = async (): Promise<number> =>
    (await nodes[0].peer.call('room.facts', { roomId, facts: someFacts() })).from;
  return { nodes, relay: nodes[1], roomId, room, wait, version };
}

/** What all controllers hold after they were told of other routes. */
async function routesAt(nodes: readonly TestNode[]): Promise<RegionRoute[] | undefined> {
  await Promise.all(nodes.map((node) => node.changes.until(({ routes }) => routes !== undefined)));
  const [first, ...others] = nodes.map((node) => node.directory?.routes);
  expect(others).toEqual(others.map(() => first));
  return first;
}

describe('the routes of a room', () => {
  it('follow the ways that nodes measured and their load, and are pushed when they differ', async () => {
    const { nodes, relay, wait } = await threeRegions('routes');
    await wait(1_000);
    expect(await routesAt(nodes)).toEqual(throughUs);
    await relay.register({ ...us, state: 'full' });
    await wait(30_000);
    expect(await routesAt(nodes)).toEqual(allDirect);
    await relay.register(us);
    await wait(30_000);
    expect(await routesAt(nodes)).toEqual(throughUs);
  });

  it('stay as they are when nothing differs, and when the object restarts', async () => {
    const { nodes, relay, wait, room, version } = await threeRegions('routes that stay');
    await wait(1_000);
    expect(await routesAt(nodes)).toEqual(throughUs);
    const before = await version();
    await evictDurableObject(room);
    await relay.register({ ...us, rtts_ms: { 'ap-northeast': 155 } });
    await wait(30_000);
    // The call before brought one of its own.
    expect(await version()).toBe(before + 1);
    expect(nodes[2].directory?.routes).toEqual(throughUs);
  });

  it('lead through no region that the pin of the room forbids, as soon as it does', async () => {
    const { nodes, relay, roomId, wait } = await threeRegions('routes with a pin');
    await wait(1_000);
    expect(await routesAt(nodes)).toEqual(throughUs);
    const options = { regions: { deny: ['us-east'] } };
    await request('PATCH', `/rooms/${roomId}`, { options });
    await wait(1_000);
    // The node that is kept out is told nothing of the room any more.
    const others = nodes.filter((node) => node !== relay);
    expect(await routesAt(others)).toEqual([]);
  });

  it('are looked at no more when nobody could relay', async () => {
    const { nodes, relay, roomId, room, wait } = await threeRegions('routes that end');
    await wait(1_000);
    expect(await routesAt(nodes)).toEqual(throughUs);
    await relay.peer.call('room.leave', { roomId });
    expect(await routesAt(nodes.filter((node) => node !== relay))).toEqual([]);
    await wait(30_000);
    const alarms = await runInDurableObject(room, (_, { storage }) =>
      storage.sql.exec("SELECT * FROM alarms WHERE purpose = 'routes'").toArray(),
    );
    expect(alarms).toEqual([]);
  });
});
