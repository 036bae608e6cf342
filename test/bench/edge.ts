import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeOf } from '../support/place.ts';
import { Deployment } from './edge/deployment.ts';
import type { Cost, Wish } from './edge/load.ts';
import { load } from './edge/load.ts';
import { Workerd } from './edge/workerd.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

/** Rounds after the first one, in which everything is compiled and is not counted. */
const rounds = 9;
/** Requests of one way in one round: about a second of them. */
const requests = 600;

/** A bench has the places of all workers of a test run. */
const [bareAt, smallAt, largeAt] = [placeOf(0), placeOf(1), placeOf(2)];

/** One kind of request to one Worker. */
interface Way {
  readonly workerd: Workerd;
  readonly wishes: () => Promise<Wish[]>;
}

function bareWays(workerd: Workerd): { read: Way; join: Way } {
  const body = JSON.stringify({ token: 'x'.repeat(300) });
  const same = (wish: Wish) => (): Promise<Wish[]> =>
    Promise.resolve(Array.from({ length: requests }, () => wish));
  return {
    read: { workerd, wishes: same({ method: 'GET', path: '/rooms/a', headers: {} }) },
    join: { workerd, wishes: same({ method: 'POST', path: '/join', headers: {}, body }) },
  };
}

/** The ways in turn, round by round, so that a machine whose speed drifts drifts for all of them. */
async function measure(ways: readonly Way[], say: (line: string) => void): Promise<Cost[][]> {
  const costs = ways.map((): Cost[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { workerd, wishes }] of ways.entries()) {
      const cost = await load(workerd, await wishes());
      if (round > 0) {
        costs[index]?.push(cost);
      }
    }
    say(`  round ${round} of ${rounds}`);
  }
  return costs;
}

/** The median of what one way costs as often as another, of the same round. */
function ratio(costs: readonly Cost[] = [], to: readonly Cost[] = [], of: keyof Cost): number {
  return median(costs.map((cost, round) => cost[of] / (to[round]?.[of] ?? Number.NaN)));
}

function rowsOf(name: string, aim: number, costs: Cost[] = [], to: Cost[] = []): Row[] {
  const each_ms = median(costs.map(({ cpu_ms }) => cpu_ms)).toFixed(2);
  const perSecond = (1000 / median(costs.map(({ time_ms }) => time_ms))).toFixed(0);
  return [
    row(`${name}.cpu`, ratio(costs, to, 'cpu_ms'), 'ratio', aim, `${each_ms} ms of processor each`),
    row(`${name}.time`, ratio(costs, to, 'time_ms'), 'ratio', aim, `${perSecond} each second`),
  ];
}

export const edge: Bench = {
  name: 'edge',
  async run(say) {
    const dir = mkdtempSync(join(tmpdir(), 'rizoma-bench-'));
    try {
      await using bare = await Workerd.create({
        entry: join(import.meta.dirname, '../edge/bare.ts'),
        objects: { KEPT: 'Kept' },
        vars: {},
        port: bareAt.edgePort,
        dir: join(dir, 'bare'),
      });
      const alone = { services: 0, rooms: 0 };
      await using small = await Deployment.create({
        ...{ port: smallAt.edgePort, dir: join(dir, 'small') },
        others: alone,
      });
      say('  making 1,000 services and 10,000 rooms ...');
      await using large = await Deployment.create({
        ...{ port: largeAt.edgePort, dir: join(dir, 'large') },
        others: { services: 1_000, rooms: 10_000 },
      });
      const bareWay = bareWays(bare);
      const [bareReads, reads, largeReads, bareJoins, joins] = await measure(
        [
          bareWay.read,
          { workerd: small.workerd, wishes: () => small.reads(requests) },
          { workerd: large.workerd, wishes: () => large.reads(requests) },
          bareWay.join,
          { workerd: small.workerd, wishes: () => small.joins(requests) },
        ],
        say,
      );
      return [
        ...rowsOf('edge.get-room', 1.5, reads, bareReads),
        ...rowsOf('edge.join', 2, joins, bareJoins),
        ...rowsOf('edge.get-room-of-many', 1.1, largeReads, reads),
      ];
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
