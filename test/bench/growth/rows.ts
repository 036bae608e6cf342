import { setTimeout as pass } from 'node:timers/promises';
import type { LocalNode, LocalSystem } from '../../../infra/local.ts';
import type { Say } from '../../../infra/output.ts';
import type { Counters } from '../../support/counters.ts';
import { openIn } from '../../support/counters.ts';
import { Camera } from '../media/camera.ts';
import type { LightClient } from '../media/light-client.ts';
import type { Row } from '../row.ts';
import { row } from '../row.ts';
import type { Footprint, Footprints, Role } from './footprint.ts';
import { footprintsOf, growthOf } from './footprint.ts';

const visits = 1_000;
/** After so many all code is compiled that a visit takes, and allocators have what they keep: measured over 3,000. */
const warmUp = 500;
const atATime = 20;
/** One in so many publishes, and the others watch. */
const publisherEach = 4;
/** What closes with a delay has closed: pulls linger 10 s. */
const settle_ms = 12_000;

/** A client's name in a map that nobody deletes takes a fifth of this. */
const heap_KiB = 1;
/** Node gives pages back late: some MiB more or less, whatever the heap. What leaks beside the heap goes on beyond. */
const pages_KiB = 8;
/** Connections that are kept alive for a while come and go; one port a visit would be a thousand. */
const descriptors = 10;

interface Left {
  readonly footprints: Footprints;
  readonly open: Counters;
}

interface Visited {
  readonly system: LocalSystem;
  readonly node: LocalNode;
  readonly join: () => Promise<LightClient>;
}

/** What joins and leaves leave behind in a node: nothing. */
export async function growthRows(
  { system, say }: { system: LocalSystem; say: Say },
  join: () => Promise<LightClient>,
): Promise<Row[]> {
  const [node] = system.nodes;
  if (node === undefined) {
    throw new Error('the system has no node');
  }
  const publisher = await join();
  const { name, endpoint, sent } = await publisher.publish();
  const camera = new Camera({ endpoint }, sent);
  camera.start();
  say(`  ${warmUp} joins and leaves before those that count ...`);
  const before = await visit({ system, node, join }, name, warmUp);
  say(`  ${visits} joins and leaves ...`);
  const after = await visit({ system, node, join }, name, visits);
  camera.stop();
  await publisher.leave();
  return rowsOf(before, after);
}

/** So many come, play the stream to its first packet or publish, and leave; what is there once all is quiet. */
async function visit({ system, node, join }: Visited, name: string, count: number): Promise<Left> {
  let coming = 0;
  const inTurn = async (): Promise<void> => {
    for (let number = coming++; number < count; number = coming++) {
      const client = await join();
      await (number % publisherEach === 0 ? client.publish() : client.watch(name));
      await client.leave();
    }
  };
  await Promise.all(Array.from({ length: atATime }, inTurn));
  await pass(settle_ms);
  const open = await openIn(system);
  return { footprints: await footprintsOf(system, node), open };
}

function rowsOf(before: Left, after: Left): Row[] {
  const growth = (part: (footprint: Footprint) => number): number =>
    growthOf(before.footprints, after.footprints, part);
  const each_KiB = (role: Role, part: 'heap_KiB' | 'private_KiB'): number =>
    growth((footprint) => (footprint.role === role ? footprint[part] : 0)) / visits;
  const heap = `what is left of the heap a visit, over ${visits} joins and leaves`;
  const pages = `private memory that stays a visit, over ${visits} joins and leaves`;
  const changed = Object.keys(after.open).filter((key) => after.open[key] !== before.open[key]);
  return [
    row('crowd.growth.node-heap', each_KiB('node', 'heap_KiB'), 'KiB', heap_KiB, heap),
    row('crowd.growth.erizo-heap', each_KiB('erizo', 'heap_KiB'), 'KiB', heap_KiB, heap),
    row('crowd.growth.node', each_KiB('node', 'private_KiB'), 'KiB', pages_KiB, pages),
    row('crowd.growth.erizo', each_KiB('erizo', 'private_KiB'), 'KiB', pages_KiB, pages),
    row('crowd.growth.worker', each_KiB('worker', 'private_KiB'), 'KiB', pages_KiB, pages),
    row(
      'crowd.growth.descriptors',
      growth((footprint) => footprint.descriptors),
      'descriptors',
      descriptors,
      'files, sockets and UDP ports that stay open in all processes of the node',
    ),
    row(
      'crowd.growth.open',
      changed.length,
      'gauges',
      0,
      `gauges of /metrics that differ from before: ${changed.join(', ') || 'none'}`,
    ),
  ];
}
