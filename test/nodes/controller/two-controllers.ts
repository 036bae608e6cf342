import { newTicketKey } from '../../fakes/fake-edge.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import type { World } from './world.ts';
import { elsewhere, eventually } from './world.ts';

/** A world where the room is, and one elsewhere in which ann is in the same room. */
export async function twoControllers(newWorld: typeof World.create): Promise<{
  here: World;
  there: World;
  ann: LicodeClient;
  viewer: (query?: Record<string, string>) => Promise<LicodeClient>;
}> {
  // Both check the grants of one edge.
  const edgeKey = await newTicketKey();
  const [here, there] = [await newWorld({ edgeKey }), await newWorld({ edgeKey })];
  there.edge.addRoom(here.roomId);
  const ticket = await there.edge.ticket({
    roomId: here.roomId,
    userName: 'ann',
    role: 'presenter',
    clientId: crypto.randomUUID(),
  });
  const ann = await LicodeClient.join(there.url, { ticket });
  here.meet({ ...elsewhere, controller: there.neighbours.endpoint });
  return { here, there, ann, viewer: (query = {}) => here.join({ query }) };
}

/** What one controller told of the room comes to the other, as the edge would bring it. */
export async function tell(there: World, here: World): Promise<void> {
  await eventually(() => there.edge.directory(here.roomId).streams.length > 0);
  const { streams } = there.edge.directory(here.roomId);
  const facts = streams.map(({ nodeId: _n, region: _r, since: _s, ...fact }) => fact);
  here.edge.otherNode(here.roomId, elsewhere, { erizos: [], streams: facts });
}
