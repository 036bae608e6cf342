import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import type { Counts } from './round-trips.ts';
import { RoundTrips } from './round-trips.ts';
import { whyNoWan } from './permission.ts';
import type { WanSystem } from './system.ts';
import { startTestMesh } from './test-mesh.ts';

/** Round trips are counted, so that one more is seen whatever the speed of the machine is. */

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

const expected: Counts<Counted> = {
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
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({
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
    }));
    const { enter } = mesh.client('here');
    browser = await launchChromium({ enter, secureOrigin: mesh.system.edgeUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  test('joining, publishing and subscribing take the round trips that are written down, over each way', async () => {
    const trips = await RoundTrips.create({ mesh, browser }, { from: 'here', to: 'there' });
    const parts = Object.keys(expected) as Counted[];
    expect(await trips.count(parts)).toEqual(expected);
  }, 240_000);
});
