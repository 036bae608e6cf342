import { expect, it } from 'vitest';
import { elsewhere, eventually, otherFacts, otherStream, self, worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();
const relay = { nodeId: 'eu-north-1', region: 'eu-north' };
const relayErizo = { erizoId: crypto.randomUUID(), endpoint: 'tcp://127.0.0.1:10' };

it('a controller has its processes pull streams by the routes that the Room object has made since', async () => {
  const world = await newWorld();
  const { edge, roomId } = world;
  await world.join({ query: { plan: 'dual' } });
  await eventually(() => edge.directory(roomId).erizos.length === 1);
  const origin = elsewhere.region;
  const parents = { [self.region]: origin, [relay.region]: origin };
  edge.reroute(roomId, [{ origin, parents }]);
  edge.otherNode(roomId, relay, { erizos: [relayErizo], streams: [] });
  edge.otherNode(roomId, elsewhere, otherFacts);
  const erizo = world.erizo(0);
  await eventually(() => erizo.paramsOf('pullAhead').length === 1);
  expect(erizo.paramsOf('reroute')).toEqual([]);

  edge.reroute(roomId, [{ origin, parents: { ...parents, [self.region]: relay.region } }]);

  await eventually(() => erizo.paramsOf('reroute').length === 1);
  expect(erizo.paramsOf('reroute')).toMatchObject([
    {
      roomId,
      streamId: otherStream.streamId,
      route: [
        { ...relayErizo, ...relay },
        { erizoId: otherStream.erizoId, ...elsewhere },
      ],
    },
  ]);
});
