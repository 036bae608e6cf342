import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { FarRooms } from './far-rooms.ts';
import type { FarJourney } from './far-rooms.ts';
import { openIn, openTravellers, travel } from './journey.ts';
import type { Counts } from './round-trips.ts';
import { RoundTrips } from './round-trips.ts';
import { whyNoWan } from './permission.ts';
import { clientHost, edgeHost, nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import { startTestMesh } from './test-mesh.ts';

/** Round trips are counted, so that one more is seen whatever the speed of the machine is. */

const [client, here, there, beyond] = [
  clientHost('here'),
  ...['here', 'there', 'beyond'].map(nodeHost),
] as [string, string, string, string];

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

const farLegs = {
  'viewer-node': [
    [client, there],
    [client, beyond],
  ],
  'first-hop': [[here, there]],
  'second-hop': [[there, beyond]],
  'node-edge': [here, there, beyond].map((node) => [node, edgeHost] as const),
} as const;

const expectedFar: Counts<keyof FarJourney, keyof typeof farLegs> = {
  // Opened before it was asked for, hop by hop.
  twoHopsAhead: { 'viewer-node': 1, 'first-hop': 0, 'second-hop': 0, 'node-edge': 0 },
  // cascade.open, once over each hop on the way.
  oneHopCold: { 'viewer-node': 1, 'first-hop': 1, 'second-hop': 0, 'node-edge': 0 },
  twoHopsCold: { 'viewer-node': 1, 'first-hop': 1, 'second-hop': 1, 'node-edge': 0 },
};

const why = whyNoWan();

describe.skipIf(why !== undefined)(`round trips on a WAN ${why ?? ''}`, () => {
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({
      matrix: {
        regions: [
          { id: 'here', lat: 50, lon: 0 },
          { id: 'there', lat: 40, lon: -70 },
          { id: 'beyond', lat: 35, lon: 140 },
        ],
        // Longer than the way over `there` is with one of its hops made long.
        rtts_ms: { here: { there: 0, beyond: 350 }, there: { beyond: 0 } },
        jitters_ms: {},
        losses: {},
      },
      lastMile_ms: 0,
      edge_ms: 0,
    }));
    await mesh.wan.link(client, beyond, { rtt_ms: 0 });
    const { enter } = mesh.client('here');
    browser = await launchChromium({ enter, secureOrigin: mesh.system.edgeUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  test('joining, publishing and subscribing take the round trips that are written down, over each way', async () => {
    const { edgeUrl } = mesh.system;
    const pages = await openTravellers(browser, edgeUrl);
    const prepared = () => openIn(mesh, 'there');
    const how = { edgeUrl, from: 'here', to: 'there', frames: false, prepared } as const;
    let journeys = 0;
    const trips = new RoundTrips(
      {
        wan: mesh.wan,
        travel: () => travel(pages, { ...how, room: `journey ${(journeys += 1)}` }),
      },
      { legs },
    );
    const parts = Object.keys(expected) as Counted[];
    expect(await trips.count(parts)).toEqual(expected);
  }, 240_000);

  test('a stream two hops away takes none where it was opened in advance, and else one over each hop', async () => {
    const regions = { from: 'here', by: 'there', to: 'beyond' };
    const rooms = await FarRooms.create({ mesh, browser }, regions);
    const trips = new RoundTrips(
      { wan: mesh.wan, travel: () => rooms.travel() },
      { legs: farLegs },
    );
    const parts = Object.keys(expectedFar) as (keyof FarJourney)[];
    expect(await trips.count(parts)).toEqual(expectedFar);
  }, 240_000);
});
