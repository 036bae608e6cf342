import { isDeepStrictEqual } from 'node:util';
import type { LocalSystem } from '../../infra/local.ts';
import type { Patience } from './eventually.ts';
import { eventually } from './eventually.ts';

/** The metrics of a node, each summed over its ErizoJS processes. */
export type Counters = Readonly<Record<string, number>>;

/** The nodes of a system, whether a test has started it or shares it. */
type Nodes = Pick<LocalSystem, 'nodes'>;

/** Reads the metrics of the node of a region; names as in docs/OPERATIONS.md, without `rizoma_`. */
export async function countersOf(system: Nodes, region: string): Promise<Counters> {
  return parseMetrics(await metricsOf(system, region));
}

/** One metric of each ErizoJS process of the node of a region, by its id. */
export async function perErizo(
  system: Nodes,
  region: string,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const row = new RegExp(`^rizoma_${name}\\{erizo="([^"]+)"\\} (\\d+)`, 'gm');
  const rows = (await metricsOf(system, region)).matchAll(row);
  return new Map([...rows].map(([, id = '', value]) => [id, Number(value)]));
}

/** Ids of the ErizoJS processes of a region that have clients. */
export async function busyErizos(system: Nodes, region: string): Promise<string[]> {
  const text = await metricsOf(system, region);
  return [...text.matchAll(/^rizoma_clients\{erizo="([^"]+)"\} [1-9]/gm)].map(([, id = '']) => id);
}

/** For nodes on other hosts, as those of a WAN are; others go by the address. */
export const metricsToken = 'metrics of tests';

async function metricsOf(system: Nodes, region: string): Promise<string> {
  const node = system.nodes.find((each) => each.region === region);
  const headers = { authorization: `Bearer ${metricsToken}` };
  return (await fetch(`${node?.httpUrl}/metrics`, { headers })).text();
}

/** Sums Prometheus' text by metric; `erizo_processes` is kept apart by state as `erizo_processes.idle`. */
export function parseMetrics(text: string): Counters {
  const sums: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^rizoma_(\w+?)(\{.*\})? (\S+)$/.exec(line);
    if (match !== null) {
      const [, name = '', labels = '', value = ''] = match;
      const state = /state="(\w+)"/.exec(labels)?.[1];
      const key = state === undefined ? name : `${name}.${state}`;
      sums[key] = (sums[key] ?? 0) + Number(value);
    }
  }
  return sums;
}

/** What clients open, and what has to be 0 once they have left. */
const openedByClients = [
  'clients',
  'connections',
  'publishers',
  'subscribers',
  'producers',
  'consumers',
  'webrtc_transports',
  'pipe_transports',
  'pulls',
  'feeds',
  'downstreams',
  'recordings',
  'rooms',
] as const;

/** Processes come back to what an idle node has, some seconds later. */
const processStates = [
  'erizo_processes.idle',
  'erizo_processes.used',
  'erizo_processes.starting',
] as const;

/** All that is open in the nodes of these regions, or of the whole system. */
export async function openIn(
  system: Nodes,
  regions: readonly string[] = system.nodes.map(({ region }) => region),
): Promise<Counters> {
  return pick(await sumOf(system, regions), [...openedByClients, ...processStates]);
}

/** Waits until no process of these regions is used, or being started; answers what is open then. */
export function whenIdle(system: Nodes, regions: readonly string[]): Promise<Counters> {
  return eventually(
    `no process of ${regions.join(', ')} is used`,
    () => openIn(system, regions),
    (open) => open['erizo_processes.used'] === 0 && open['erizo_processes.starting'] === 0,
  );
}

/** Waits until nothing is open any more that clients in these regions have opened. */
export async function nothingIsOpen(
  system: Nodes,
  regions: readonly string[],
  options: Patience = {},
): Promise<void> {
  const nothing = Object.fromEntries(openedByClients.map((name) => [name, 0]));
  await eventually(
    `nothing is open in ${regions.join(', ')}`,
    async () => pick(await sumOf(system, regions), openedByClients),
    (open) => isDeepStrictEqual(open, nothing),
    options,
  );
}

async function sumOf(system: Nodes, regions: readonly string[]): Promise<Counters> {
  const sums: Record<string, number> = {};
  for (const counters of await Promise.all(regions.map((region) => countersOf(system, region)))) {
    for (const [name, value] of Object.entries(counters)) {
      sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

function pick(counters: Counters, names: readonly string[]): Counters {
  return Object.fromEntries(names.map((name) => [name, counters[name] ?? 0]));
}
