import { setTimeout as pass } from 'node:timers/promises';
import { place } from '../support/place.ts';
import { cpu_ms } from './cpu.ts';
import { BareSide } from './media/bare-side.ts';
import { Camera } from './media/camera.ts';
import type { Endpoint } from '../support/endpoint/endpoint.ts';
import { ErizoSide } from './media/erizo-side.ts';
import type { Published, Side } from './media/side.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

/** Rounds after the first one, which warms what forwards and is not counted. */
const rounds = 15;
/** Of one room in one round. */
const window_ms = 3_000;
/** What is on its way when a window ends has come by then, and what begins with it has begun. */
const settle_ms = 300;

/** Handshakes at a time: most of one is waiting. */
const atATime = 10;

interface Shape {
  readonly name: string;
  readonly publishers: number;
  readonly watchers: number;
}

/** Where all publish they watch all others; else those who watch do nothing else. */
const shapes: readonly Shape[] = [
  { name: '1-to-100', publishers: 1, watchers: 100 },
  { name: '10-by-10', publishers: 10, watchers: 0 },
];

interface FilledRoom {
  readonly cameras: readonly Camera[];
  /** Of those who watch. */
  readonly endpoints: readonly Endpoint[];
  close(): Promise<unknown>;
}

async function fill(side: Side, { name, publishers, watchers }: Shape): Promise<FilledRoom> {
  const guests = await Promise.all(
    Array.from({ length: Math.max(publishers, watchers) }, () => side.enter(name)),
  );
  const published: Published[] = [];
  for (const guest of guests.slice(0, publishers)) {
    published.push(await guest.publish());
  }
  const endpoints: Endpoint[] = [];
  for (let first = 0; first < guests.length; first += atATime) {
    const some = guests.slice(first, first + atATime).map((guest, index) => {
      const others = published.filter((_, at) => watchers > 0 || at !== first + index);
      return guest.watch(others);
    });
    endpoints.push(...(await Promise.all(some)));
  }
  const cameras = published.map(({ endpoint, sent }) => new Camera({ endpoint }, sent));
  return { cameras, endpoints, close: () => Promise.all(guests.map((guest) => guest.leave())) };
}

const receivedBy = (endpoints: readonly Endpoint[]): number =>
  endpoints.reduce((sum, { received }) => sum + received, 0);

/** What one forwarded packet costs, in µs of CPU, and how many came in each second. */
async function measure(side: Side, room: FilledRoom): Promise<{ each_us: number; rate: number }> {
  room.cameras.forEach((camera) => camera.start());
  await pass(settle_ms);
  const before = { cpu_ms: cpu_ms(side.pids), received: receivedBy(room.endpoints) };
  const began_ms = performance.now();
  await pass(window_ms);
  const spent_us = (cpu_ms(side.pids) - before.cpu_ms) * 1_000;
  const received = receivedBy(room.endpoints) - before.received;
  const took_s = (performance.now() - began_ms) / 1_000;
  room.cameras.forEach((camera) => camera.stop());
  await pass(settle_ms);
  return { each_us: spent_us / received, rate: received / took_s };
}

/**
 * What forwarding costs at our processes, over what it costs mediasoup with nothing around it: the same worker, the
 * same codecs, the same packets. Rooms of both are there at a time, and one of them carries media.
 */
export const media: Bench = {
  name: 'media',
  async run(say) {
    const [bare, ours] = await Promise.all([
      BareSide.create(place.ip(1)),
      ErizoSide.create(place.ip(1)),
    ]);
    try {
      const rows: Row[] = [];
      for (const shape of shapes) {
        say(`  ${shape.name}: making the rooms ...`);
        const [bareRoom, ourRoom] = [await fill(bare, shape), await fill(ours, shape)];
        const costs: { bare: number; ours: number; rate: number }[] = [];
        for (let round = 0; round <= rounds; round += 1) {
          const atBare = await measure(bare, bareRoom);
          const atOurs = await measure(ours, ourRoom);
          if (round > 0) {
            costs.push({ bare: atBare.each_us, ours: atOurs.each_us, rate: atOurs.rate });
          }
          say(`  ${shape.name}: round ${round} of ${rounds}`);
        }
        await Promise.all([bareRoom.close(), ourRoom.close()]);
        rows.push(...rowsOf(shape, costs));
      }
      return rows;
    } finally {
      await Promise.all([bare.close(), ours.close()]);
    }
  },
};

function rowsOf(
  { name }: Shape,
  costs: readonly { bare: number; ours: number; rate: number }[],
): Row[] {
  const rate = median(costs.map((cost) => cost.rate)).toFixed(0);
  const how = `CPU of worker and Node, a packet; median of ${rounds} rounds at ${rate} packets/s`;
  return [
    row(`media.${name}`, median(costs.map(({ bare, ours }) => ours / bare)), 'ratio', 1.05, how),
    row(`media.${name}.each`, median(costs.map(({ ours }) => ours)), 'us', null, how),
  ];
}
