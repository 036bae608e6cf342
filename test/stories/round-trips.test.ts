import { describe, expect, test } from 'vitest';
import { openIn, openTravellers, travel } from '../wan/journey.ts';
import { whyNoWan } from '../wan/permission.ts';
import type { Counts } from '../wan/round-trips.ts';
import { RoundTrips } from '../wan/round-trips.ts';
import { clientHost, edgeHost, nodeHost } from '../wan/system.ts';
import { wanCamera, wanStage } from '../wan/wan-stage.ts';

/** Round trips are counted, so that one more is seen whatever the speed of the machine is. */

const [client, here, there] = [clientHost('here'), nodeHost('here'), nodeHost('there')];

const legs = {
  'client-edge': [[client, edgeHost]],
  'publisher-node': [[client, here]],
  'viewer-node': [[client, there]],
  'node-node': [[here, there]],
  'node-edge': [
    [here, edgeHost],
    [there, edgeHost],
  ],
} as const;

const none = {
  'client-edge': 0,
  'publisher-node': 0,
  'viewer-node': 0,
  'node-node': 0,
  'node-edge': 0,
};

type Counted =
  | 'joinFirst'
  | 'join'
  | 'publish'
  | 'subscribeHere'
  | 'subscribeNew'
  | 'subscribeWarm'
  | 'subscribeCold';

const expected: Counts<Counted, keyof typeof legs> = {
  // The edge: POST /join, on the connection that the page has already. The node: TCP, the upgrade to
  // WebSocket, and socket.io's CONNECT, with whose answer `connected` comes. Its Room object: room.enter.
  joinFirst: { ...none, 'client-edge': 1, 'publisher-node': 3, 'node-edge': 1 },
  // A node that holds the room asks nobody.
  join: { ...none, 'client-edge': 1, 'viewer-node': 3 },
  // `publish`, which names the connection, then the offer and its answer. The edge hears of it afterwards.
  publish: { ...none, 'publisher-node': 2 },
  // `subscribe`, to which the offer comes. What the process has already crosses nothing again.
  subscribeHere: { ...none, 'viewer-node': 1 },
  // Opened before it was asked for.
  subscribeWarm: { ...none, 'viewer-node': 1 },
  subscribeCold: { ...none, 'viewer-node': 1 },
  // Announced in that moment: cascade.open is under way.
  subscribeNew: { ...none, 'viewer-node': 1, 'node-node': 1 },
};

const why = whyNoWan();

describe.skipIf(why !== undefined)(`round trips on a WAN ${why ?? ''}`, () => {
  const wan = wanStage({
    matrix: {
      regions: [
        { id: 'here', lat: 50, lon: 0 },
        { id: 'there', lat: 40, lon: -70 },
      ],
      rtts_ms: { here: { there: 0 } },
      jitters_ms: {},
      losses: {},
    },
    lastMile_ms: 0,
    edge_ms: 0,
  });

  test('joining, publishing and subscribing take the round trips that are written down, over each way', async () => {
    const { mesh, stage } = wan;
    const { edgeUrl } = mesh.system;
    const pages = await openTravellers(stage.browser, edgeUrl, wanCamera);
    const prepared = () => openIn(mesh, 'there');
    const how = { edgeUrl, from: 'here', to: 'there', frames: false, prepared } as const;
    let journeys = 0;
    const trips = new RoundTrips<Counted, keyof typeof legs>(
      {
        wan: mesh.wan,
        travel: () => travel(pages, { ...how, room: `journey ${(journeys += 1)}` }),
      },
      { legs },
    );
    expect(await trips.count(expected)).toEqual(expected);
    console.log(JSON.stringify({ journeys }));
  }, 480_000);
});
