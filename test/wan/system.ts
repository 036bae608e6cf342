import { startLocal } from '../../infra/local.ts';
import type { LocalOptions, LocalSystem } from '../../infra/local.ts';
import { say as sayDefault } from '../../infra/output.ts';
import { wayBetween } from './matrix.ts';
import type { Matrix, MatrixRegion } from './matrix.ts';
import type { Host, Way } from './wan.ts';
import { Wan } from './wan.ts';

export interface WanSystemOptions extends Omit<LocalOptions, 'regions' | 'edgeHost'> {
  readonly matrix: Matrix;
  /** Of the matrix; each has a host for its node and one for clients. */
  readonly regions: readonly MatrixRegion[];
  /** From a client's host to the node of its region, both ways. */
  readonly lastMile_ms?: number;
  /** From anywhere to the edge, beside the last mile: the edge has a place of its own near everyone. */
  readonly edge_ms?: number;
}

const defaults = {
  /** A city's home line, as one sees it with fibre. */
  lastMile_ms: 10,
  /** Cloudflare says that 95 % of people are within 50 ms of it; regions of nodes are nearer. */
  edge_ms: 5,
} as const;

/** The host that the edge has to itself. */
export const edgeHost = 'edge';

export function nodeHost(region: string): string {
  return `node-${region}`;
}

/** Where the region's participants are. */
export function clientHost(region: string): string {
  return `client-${region}`;
}

/** A whole system on a WAN: the edge, a node in each region, and a host for the clients of each. */
export class WanSystem {
  readonly wan: Wan;
  readonly system: LocalSystem;

  private constructor(components: { wan: Wan; system: LocalSystem }) {
    this.wan = components.wan;
    this.system = components.system;
  }

  /** Resolves when all of it is healthy; what was started is stopped again where it does not. */
  static async create(options: WanSystemOptions): Promise<WanSystem> {
    const { matrix, regions, lastMile_ms, edge_ms, ...local } = options;
    const wan = await Wan.create({ say: options.say ?? sayDefault });
    try {
      const edge = await layOut(wan, options);
      const places = regions.map((region) => ({ ...region, ...wan.host(nodeHost(region.id)) }));
      const system = await startLocal({ ...local, regions: places, edgeHost: edge });
      return new WanSystem({ wan, system });
    } catch (error) {
      await wan.close();
      throw error;
    }
  }

  /** The host of the clients of a region. */
  client(region: string): Host {
    return this.wan.host(clientHost(region));
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await this.wan.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Makes the hosts and the ways between them; answers the host of the edge. */
async function layOut(wan: Wan, options: WanSystemOptions): Promise<Host> {
  const { matrix, regions } = options;
  const lastMile_ms = options.lastMile_ms ?? defaults.lastMile_ms;
  const edge_ms = options.edge_ms ?? defaults.edge_ms;
  const edge = await wan.addHost(edgeHost);
  const placed: { name: string; region: string; last_ms: number }[] = [];
  for (const { id } of regions) {
    placed.push({ name: nodeHost(id), region: id, last_ms: 0 });
    placed.push({ name: clientHost(id), region: id, last_ms: lastMile_ms });
  }
  for (const { name } of placed) {
    await wan.addHost(name);
  }
  for (const [at, a] of placed.entries()) {
    await wan.link(a.name, edgeHost, { rtt_ms: edge_ms + a.last_ms });
    for (const b of placed.slice(at + 1)) {
      const way = wayBetween(matrix, a.region, b.region);
      await wan.link(a.name, b.name, longer(way, a.last_ms + b.last_ms));
    }
  }
  return edge;
}

function longer(way: Way, by_ms: number): Way {
  return { ...way, rtt_ms: way.rtt_ms + by_ms };
}
