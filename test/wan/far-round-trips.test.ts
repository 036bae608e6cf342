import { describe, expect, test } from 'vitest';
import { FarRooms } from './far-rooms.ts';
import type { FarJourney } from './far-rooms.ts';
import { whyNoWan } from './permission.ts';
import type { Counts } from './round-trips.ts';
import { RoundTrips } from './round-trips.ts';
import { clientHost, edgeHost, nodeHost } from './system.ts';
import { wanStage } from './wan-stage.ts';

/** Round trips to streams two hops away; those within two regions are counted by `stories/round-trips`. */

const client = clientHost('here');
const [here, there, beyond] = [nodeHost('here'), nodeHost('there'), nodeHost('beyond')];

const legs = {
  'viewer-node': [
    [client, there],
    [client, beyond],
  ],
  'first-hop': [[here, there]],
  'second-hop': [[there, beyond]],
  'node-edge': [here, there, beyond].map((node) => [node, edgeHost] as const),
} as const;

const expected: Counts<keyof FarJourney, keyof typeof legs> = {
  // Opened before it was asked for, hop by hop.
  twoHopsAhead: { 'viewer-node': 1, 'first-hop': 0, 'second-hop': 0, 'node-edge': 0 },
  // cascade.open, once over each hop on the way.
  oneHopCold: { 'viewer-node': 1, 'first-hop': 1, 'second-hop': 0, 'node-edge': 0 },
  twoHopsCold: { 'viewer-node': 1, 'first-hop': 1, 'second-hop': 1, 'node-edge': 0 },
};

const why = whyNoWan();

describe.skipIf(why !== undefined)(`round trips on a WAN ${why ?? ''}`, () => {
  const wan = wanStage({
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
  });

  test('a stream two hops away takes none where it was opened in advance, and else one over each hop', async () => {
    const { mesh, stage } = wan;
    const regions = { from: 'here', by: 'there', to: 'beyond' };
    const rooms = await FarRooms.create({ mesh, browser: stage.browser }, regions);
    const trips = new RoundTrips({ wan: mesh.wan, travel: () => rooms.travel() }, { legs });
    expect(await trips.count(expected)).toEqual(expected);
  }, 300_000);
});
