import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { NodeLoad } from '../../../protocol/contracts/node-edge.ts';
import type { Policy } from '../../../edge/placement/policies.ts';
import { choose } from '../../../edge/placement/choose.ts';
import type { Placement } from '../../../edge/placement/choose.ts';
import type { Circumstances, Wish } from '../../../edge/placement/scene.ts';
import type { MeshSnapshot, NodeSummary } from '../../../edge/placement/snapshot.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Jurisdiction } from '../../../protocol/ids.ts';
import type { Place } from '../../../protocol/place.ts';

export const places = {
  'eu-west': { lat: 53.35, lon: -6.26 },
  'us-east': { lat: 39.04, lon: -77.49 },
  'ap-northeast': { lat: 35.68, lon: 139.69 },
} as const;
export type RegionName = keyof typeof places;
export const regionNames = ['ap-northeast', 'eu-west', 'us-east'] as const;
export const paris = { lat: 48.86, lon: 2.35 };
export const osaka = { lat: 34.69, lon: 135.5 };

export function node(region: RegionName, number = 1, load: Partial<NodeLoad> = {}): NodeSummary {
  return nodeAt({ region, place: places[region], number }, load);
}

export function nodeAt(
  where: { region: string; place: Place; number?: number; jurisdiction?: Jurisdiction | undefined },
  load: Partial<NodeLoad> = {},
): NodeSummary {
  const { region, place, number = 1, jurisdiction } = where;
  const nodeId = `${region}-${number}`;
  return {
    card: {
      nodeId,
      epoch: '8f9f0d2e-6a52-4c3c-9f39-0e8f1f5a7c11',
      region,
      place,
      host: `${nodeId}.test:443`,
      secure: true,
      version: '1',
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
    },
    load: { rooms: 0, clients: 0, cpu: 0, state: 'available', ...load },
  };
}

export function mesh(...nodes: NodeSummary[]): MeshSnapshot {
  return { regions: regionNames, nodes };
}

export const half = (): number => 0.5;

/** Chooses in a mesh where nobody is on the way unless said otherwise. */
export function chooseIn(
  snapshot: MeshSnapshot,
  policy: Policy,
  wish: Partial<Wish>,
  more: Partial<Circumstances> = {},
): Placement {
  const circumstances = { snapshot, onTheWay: new Map(), random: half, ...more };
  return choose(policy, { pin: {}, place: undefined, ...wish }, circumstances);
}

export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof RizomaError ? thrown.code : 'not ours';
  }
  return 'nothing thrown';
}

/** Numbers from 0 up to and without 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const Matrix = v.object({
  regions: v.array(v.object({ id: v.string(), lat: v.number(), lon: v.number() })),
  rtts_ms: v.record(v.string(), v.record(v.string(), v.number())),
});

export interface City {
  readonly region: string;
  readonly place: Place;
}

/** The cities of a provider's regions, and the measured round trips between them. */
export function measuredCities(): { cities: City[]; rtt_ms: (a: City, b: City) => number } {
  const file = new URL('../../fixtures/rtt-gcp-2020.json', import.meta.url);
  const { regions, rtts_ms } = v.parse(Matrix, JSON.parse(readFileSync(file, 'utf8')));
  const cities = regions.map(({ id, lat, lon }) => ({ region: id, place: { lat, lon } }));
  const rtt_ms = ({ region: a }: City, { region: b }: City): number =>
    a === b ? 0 : (rtts_ms[a]?.[b] ?? rtts_ms[b]?.[a] ?? NaN);
  return { cities, rtt_ms };
}
