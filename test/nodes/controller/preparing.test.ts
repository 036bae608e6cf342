import { describe, expect, it } from 'vitest';
import { elsewhere, eventually, otherFacts, otherStream, worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();
const [otherErizo] = otherFacts.erizos;
const hop = { ...otherErizo, ...elsewhere };

describe('what a controller has done in advance', () => {
  it('is the connection of a client of ours, and of no other', async () => {
    const world = await newWorld();
    const viewer = { role: 'viewer', query: { plan: 'dual' } };
    await world.join();
    await world.join({ role: 'viewerWithData', query: { plan: 'single' } });
    const ann = await world.join(viewer);
    await eventually(() => world.agent.erizos.length === 1);
    await eventually(() => world.erizo(0).paramsOf('prepareSubscriber').length === 1);
    expect(world.erizo(0).paramsOf('prepareSubscriber')).toEqual([
      { clientId: ann.clientId, plan: 'dual' },
    ]);
  });

  it('is that its processes are linked with those of other regions and have their streams, until it needs them no more', async () => {
    const world = await newWorld();
    const ann = await world.join({ query: { plan: 'dual' } });
    await eventually(() => world.edge.directory(world.roomId).erizos.length === 1);
    world.edge.otherNode(world.roomId, elsewhere, otherFacts);
    const erizo = world.erizo(0);
    await eventually(() => erizo.paramsOf('pullAhead').length === 1);
    expect(erizo.paramsOf('keepUpstreams')).toEqual([{ roomId: world.roomId, upstreams: [hop] }]);
    expect(erizo.paramsOf('pullAhead')).toMatchObject([
      { roomId: world.roomId, streamId: otherStream.streamId, route: [hop] },
    ]);
    // What is known is not said again.
    world.edge.otherNode(world.roomId, elsewhere, { ...otherFacts, streams: [] });
    await ann.next('onRemoveStream');
    expect(erizo.paramsOf('keepUpstreams')).toHaveLength(1);
    ann.socket.disconnect();
    await eventually(() => erizo.paramsOf('keepUpstreams').length === 2);
    expect(erizo.paramsOf('keepUpstreams').at(-1)?.upstreams).toEqual([]);
  });
});
