import type { LocalSystem } from '../../infra/local.ts';

/** What a node says of itself at /metrics, each metric summed over its ErizoJS processes. */
export type Counters = Readonly<Record<string, number>>;

/** Reads the metrics of the node of a region; names as in docs/OPERATIONS.md, without `rizoma_`. */
export async function countersOf(system: LocalSystem, region: string): Promise<Counters> {
  return parseMetrics(await metricsOf(system, region));
}

/** One metric of each ErizoJS process of the node of a region, by its id. */
export async function perErizo(
  system: LocalSystem,
  region: string,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const row = new RegExp(`^rizoma_${name}\\{erizo="([^"]+)"\\} (\\d+)`, 'gm');
  const rows = (await metricsOf(system, region)).matchAll(row);
  return new Map([...rows].map(([, id = '', value]) => [id, Number(value)]));
}

/** Ids of the ErizoJS processes of a region that have clients. */
export async function busyErizos(system: LocalSystem, region: string): Promise<string[]> {
  const text = await metricsOf(system, region);
  return [...text.matchAll(/^rizoma_clients\{erizo="([^"]+)"\} [1-9]/gm)].map(([, id = '']) => id);
}

async function metricsOf(system: LocalSystem, region: string): Promise<string> {
  const node = system.nodes.find((each) => each.region === region);
  return (await fetch(`${node?.httpUrl}/metrics`)).text();
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

/** What must go back to where it was when everyone has left. */
const open = [
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
  'rooms',
  'erizo_processes.idle',
  'erizo_processes.used',
  'erizo_processes.starting',
] as const;

/** All that is open in all nodes of a system. */
export async function openIn(system: LocalSystem): Promise<Counters> {
  const all = await Promise.all(system.nodes.map(({ region }) => countersOf(system, region)));
  return Object.fromEntries(
    open.map((name) => [name, all.reduce((sum, counters) => sum + (counters[name] ?? 0), 0)]),
  );
}
