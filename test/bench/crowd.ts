import { setTimeout as pass } from 'node:timers/promises';
import { startLocal } from '../../infra/local.ts';
import type { LocalSystem } from '../../infra/local.ts';
import { rootDir } from '../../infra/paths.ts';
import { place } from '../support/place.ts';
import { demoToken } from '../support/sdk-page.ts';
import { unlimited } from '../support/unlimited.ts';
import { Camera } from './media/camera.ts';
import { LightClient } from './media/light-client.ts';
import { growthRows } from './growth/rows.ts';
import { private_KiB } from './processes.ts';
import type { Bench, Row } from './row.ts';
import { row } from './row.ts';

/** How many come, and how soon after one another. */
const crowd = 300;
const between_ms = 1000 / 20;
/** Those who come together where nobody counts how long it takes. */
const atATime = 20;
/** What closes with a delay has closed: pulls linger 10 s. */
const settle_ms = 12_000;

const region = 'eu-west';
/** Where the clients are: the address of the node, which is that of the first known region. */
const ip = place.ip(1);

/** Of the node's own process: its controller and its agent. */
function memoryOf(system: LocalSystem): number {
  const [node] = system.nodes;
  if (node?.pid === undefined) {
    throw new Error('the node is down');
  }
  return private_KiB(node.pid);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

class Crowd {
  readonly #system: LocalSystem;
  readonly #room: string;

  constructor(components: { system: LocalSystem }, options: { room: string }) {
    this.#system = components.system;
    this.#room = options.room;
  }

  async join(): Promise<LightClient> {
    const { edgeUrl } = this.#system;
    const wish = { room: this.#room, name: 'guest', region };
    return LightClient.join({ edgeUrl, token: await demoToken(edgeUrl, wish), ip });
  }

  /** From the join to the first packet of each, as they come one after the other. */
  async arrive(streamId: string): Promise<{ clients: LightClient[]; waits_ms: number[] }> {
    const tokens = await this.#tokens();
    const arrivals: Promise<{ client: LightClient; wait_ms: number }>[] = [];
    for (const token of tokens) {
      arrivals.push(this.#arrive(token, streamId));
      await pass(between_ms);
    }
    const all = await Promise.all(arrivals);
    return { clients: all.map(({ client }) => client), waits_ms: all.map((one) => one.wait_ms) };
  }

  async #arrive(token: string, streamId: string) {
    const began_ms = performance.now();
    const client = await LightClient.join({ edgeUrl: this.#system.edgeUrl, token, ip });
    await client.watch(streamId);
    return { client, wait_ms: performance.now() - began_ms };
  }

  async #tokens(): Promise<string[]> {
    const wish = { room: this.#room, name: 'guest', region };
    const tokens: string[] = [];
    while (tokens.length < crowd) {
      tokens.push(await demoToken(this.#system.edgeUrl, wish));
    }
    return tokens;
  }
}

async function joinRows(system: LocalSystem): Promise<Row[]> {
  const guests = new Crowd({ system }, { room: 'crowd' });
  const publisher = await guests.join();
  const { name, endpoint, sent } = await publisher.publish();
  const camera = new Camera({ endpoint }, sent);
  camera.start();
  const { clients, waits_ms } = await guests.arrive(name);
  camera.stop();
  await Promise.all([publisher, ...clients].map((client) => client.leave()));
  const how = `${crowd} clients, ${1000 / between_ms} each second: POST /join to first packet`;
  return [
    row('crowd.join.p50', percentile(waits_ms, 0.5), 'ms', null, how),
    row('crowd.join.p95', percentile(waits_ms, 0.95), 'ms', null, how),
  ];
}

async function idleRows(system: LocalSystem): Promise<Row[]> {
  const guests = new Crowd({ system }, { room: 'idle' });
  const before = memoryOf(system);
  const clients: LightClient[] = [];
  while (clients.length < crowd) {
    clients.push(...(await Promise.all(Array.from({ length: atATime }, () => guests.join()))));
  }
  await pass(settle_ms);
  const after = memoryOf(system);
  await Promise.all(clients.map((client) => client.leave()));
  const each_KiB = (after - before) / crowd;
  const how = `private memory of the node with ${crowd} clients who do nothing, less that before`;
  return [row('crowd.idle-client', each_KiB, 'KiB', null, how)];
}

/** What a crowd costs one node: how long its joins take, the memory of who does nothing, and what stays. */
export const crowdBench: Bench = {
  name: 'crowd',
  async run(say) {
    await using system = await startLocal({
      regions: [region],
      edgePort: place.edgePort,
      addressBase: place.addressBase,
      edgeVars: unlimited,
      stateDir: `${rootDir}/.rizoma/bench-crowd`,
      say,
    });
    const rows: Row[] = [];
    say(`  ${crowd} joins ...`);
    rows.push(...(await joinRows(system)));
    say('  idle clients ...');
    rows.push(...(await idleRows(system)));
    const guests = new Crowd({ system }, { room: 'visits' });
    rows.push(...(await growthRows({ system, say }, () => guests.join())));
    return rows;
  },
};
