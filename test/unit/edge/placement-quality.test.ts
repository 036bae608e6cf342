import { describe, expect, it } from 'vitest';
import type { Placement } from '../../../edge/placement/choose.ts';
import type { Random } from '../../../edge/placement/load.ts';
import type { Policy } from '../../../edge/placement/policies.ts';
import { policies } from '../../../edge/placement/policies.ts';
import type { Wish } from '../../../edge/placement/scene.ts';
import { allows } from '../../../protocol/pin.ts';
import type { NodeSummary } from '../../../edge/placement/snapshot.ts';
import type { NodeLoad } from '../../../protocol/contracts/node-edge.ts';
import type { RegionPin } from '../../../protocol/token.ts';
import { amount } from '../../support/fuzz/amount.ts';
import { leastDelay_ms, roomDelay_ms } from './placement-best.ts';
import type { City } from './placement-kit.ts';
import { chooseIn, codeOf, measuredCities, nodeAt, seeded } from './placement-kit.ts';

const { cities, rtt_ms } = measuredCities();
const regions = cities.map(({ region }) => region);
const matrix_ms = cities.map((a) => cities.map((b) => rtt_ms(a, b)));

const some = <T>(items: readonly T[], random: Random, share: number): T[] =>
  items.filter(() => random() < share);
const oneOf = <T>(items: readonly T[], random: Random): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) {
    throw new Error('one of nothing');
  }
  return item;
};

function anyLoad(random: Random, full: number): NodeLoad {
  const state = random() < full ? 'full' : random() < 0.3 ? 'warning' : 'available';
  const cpu = { available: 0, warning: 0.7, full: 0.9 }[state] + random() / 10;
  return { rooms: 5, clients: Math.floor(random() * 300), cpu, state };
}

interface Room {
  readonly nodes: readonly NodeSummary[];
  readonly pin: RegionPin;
  readonly members: readonly City[];
  readonly least_ms: number;
}

/** A mesh of one node a region where a quarter of all nodes are full. */
function anyNodes(random: Random): NodeSummary[] {
  return cities.map((city) => {
    const others = cities.filter((other) => other !== city);
    const rtts_ms = others.map((other) => [other.region, Math.round(rtt_ms(city, other))] as const);
    const load = { ...anyLoad(random, 0.25), rtts_ms: Object.fromEntries(rtts_ms) };
    return nodeAt(city, load);
  });
}

/** A room of eight, anywhere; half of the rooms are pinned to some regions. */
function anyRoom(random: Random): Room | undefined {
  const nodes = anyNodes(random);
  const allow = some(regions, random, 0.4);
  const pin = random() < 0.5 && allow.length > 0 ? { allow } : {};
  const members = Array.from({ length: 8 }, () => oneOf(cities, random));
  const free = nodes.filter(({ card, load }) => allows(pin, card) && load.state !== 'full');
  const open = [...new Set(free.map(({ card }) => regions.indexOf(card.region)))];
  const at = members.map(({ region }) => regions.indexOf(region));
  const least_ms = open.length === 0 ? 0 : leastDelay_ms(at, open, matrix_ms);
  // Where the rules leave nothing, or all are in one place, there is nothing to compare with.
  return least_ms > 0 ? { nodes, pin, members, least_ms } : undefined;
}

/** How much longer the ways in the room are than they have to be, of 1. */
function excess({ nodes, pin, members, least_ms }: Room, policy: Policy, random: Random): number {
  const holders: string[] = [];
  const chosen = members.map(({ place }) => {
    const wish = { pin, place, holders };
    const [entrance] = chooseIn({ regions, nodes }, policy, wish, { random }).entrances;
    const { nodeId = '', region = '' } = entrance?.card ?? {};
    holders.push(...(holders.includes(nodeId) ? [] : [nodeId]));
    return regions.indexOf(region);
  });
  const at = members.map(({ region }) => regions.indexOf(region));
  return roomDelay_ms(at, chosen, matrix_ms) / least_ms - 1;
}

function summary(excesses: readonly number[]): { mean: number; p95: number } {
  const sorted = excesses.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, one) => sum + one, 0) / sorted.length;
  return { mean, p95: sorted[Math.floor(sorted.length * 0.95)] ?? NaN };
}

const unmeasured = (room: Room): Room => ({
  ...room,
  nodes: room.nodes.map(({ card, load: { rtts_ms: _, ...load } }) => ({ card, load })),
});

const roomCount = amount({ short: 500, long: 3_000 });
const caseCount = amount({ short: 10_000, long: 100_000 });

describe(`${roomCount} rooms of eight on the measured round trips of twenty regions`, () => {
  const random = seeded(8);
  const rooms: Room[] = [];
  while (rooms.length < roomCount) {
    const room = anyRoom(random);
    rooms.push(...(room === undefined ? [] : [room]));
  }
  const excessOf = (policy: Policy, of: readonly Room[] = rooms): ReturnType<typeof summary> =>
    summary(of.map((room) => excess(room, policy, random)));

  it('have ways at most 5 % longer in the mean than the best there are', () => {
    const rows = {
      nearest: excessOf(policies.nearest),
      'nearest, nothing measured': excessOf(policies.nearest, rooms.map(unmeasured)),
      first_joiner: excessOf(policies.first_joiner),
      least_loaded: excessOf(policies.least_loaded),
    };
    for (const [name, { mean, p95 }] of Object.entries(rows)) {
      console.info(
        `${name}: mean ${(mean * 100).toFixed(1)} %, 95th percentile ${(p95 * 100).toFixed(1)} %`,
      );
    }
    expect(rows.nearest.mean).toBeLessThan(0.05);
    expect(rows.nearest.mean).toBeLessThan(rows['nearest, nothing measured'].mean);
    expect(rows.nearest.p95).toBeLessThan(rows.first_joiner.mean);
  }, 60_000);
});

/** Any mesh, pin, place, room and load; the seed names it. */
function anyCase(random: Random): {
  wish: Wish;
  nodes: NodeSummary[];
  onTheWay: Map<string, number>;
} {
  const used = some(cities, random, 0.2);
  const nodes = used.flatMap((city) =>
    [1, 2].map((number) =>
      nodeAt(
        { ...city, number, ...oneOf([{ jurisdiction: 'eu' }, { jurisdiction: 'us' }, {}], random) },
        anyLoad(random, 0.3),
      ),
    ),
  );
  const ids = nodes.map(({ card }) => card.nodeId);
  const pin: RegionPin = {
    ...(random() < 0.5 ? { allow: [oneOf(regions, random), ...some(regions, random, 0.3)] } : {}),
    ...(random() < 0.5 ? { deny: some(regions, random, 0.3) } : {}),
    ...(random() < 0.3 ? { prefer: some(regions, random, 0.2) } : {}),
    ...(random() < 0.3 ? { jurisdiction: 'eu' as const } : {}),
  };
  const place = random() < 0.2 ? undefined : oneOf(cities, random).place;
  const onTheWay = new Map(some(ids, random, 0.2).map((id) => [id, Math.floor(random() * 40)]));
  return { wish: { pin, place, holders: some(ids, random, 0.2) }, nodes, onTheWay };
}

describe(`${caseCount} cases of any load and pin, each before and after the loss of the node that was chosen`, () => {
  it('violate no pin, and refuse only where the pin leaves no node', () => {
    const random = seeded(9);
    const names = [policies.nearest, policies.least_loaded, policies.first_joiner];
    const violations: unknown[] = [];
    let placed = 0;
    for (let number = 0; number < caseCount; number += 1) {
      const { wish, nodes, onTheWay } = anyCase(random);
      const policy = oneOf(names, random);
      const place = (left: NodeSummary[]): string | undefined => {
        const { allow = regions, deny = [], jurisdiction: bound } = wish.pin;
        const allowed = left.filter(
          ({ card: { region, jurisdiction } }) =>
            allow.includes(region) &&
            !deny.includes(region) &&
            (bound === undefined || bound === jurisdiction),
        );
        const run = (): Placement =>
          chooseIn({ regions, nodes: left }, policy, wish, { random, onTheWay });
        if (allowed.length === 0) {
          violations.push(...(codeOf(run) === 'region_empty' ? [] : [{ number, left }]));
          return undefined;
        }
        const cards = run().entrances.map(({ card }) => card);
        const wrong = cards.filter((card) => !allowed.some((node) => node.card === card));
        violations.push(...wrong.map((card) => ({ number, card })));
        placed += 1;
        return cards[0]?.nodeId;
      };
      const lost = place(nodes);
      place(nodes.filter(({ card }) => card.nodeId !== lost));
    }
    expect(violations).toEqual([]);
    expect(placed).toBeGreaterThan(caseCount);
  }, 60_000);
});
