import { expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import { StreamNews } from '../../../nodes/controller/stream-news.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const streamId = '1'.repeat(18);

function setUp(chargeData: (bytes: number) => void = () => undefined) {
  const clock = new VirtualClock();
  const told: [string, unknown][] = [];
  const attributes: Record<string, unknown> = {};
  const media = { audio: true, video: true, data: false, screen: false, label: 'x', attributes };
  const streams = new Map([[streamId, { streamId, erizoId: 'e', region: 'eu-west', media }]]);
  const client = (plan: string) => ({
    plan,
    send: (event: string, { attributes: now }: { attributes: object }) =>
      told.push([`${plan} ${event}`, { ...now }]),
  });
  const clients = () => [client('dual'), client('stream')];
  const publisher = { publications: streams, limits: { chargeData } };
  const parts = { clock, clients, client: () => publisher, streams } as unknown as RoomParts;
  return { clock, told, attributes, streams, news: new StreamNews(parts) };
}

/** What was due has been told. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a stream that changes all the time is told at once and then some times a second, as it is by then, to our SDK alone', async () => {
  const { clock, told, attributes, news } = setUp();
  for (let times = 1; times <= 100; times += 1) {
    attributes['times'] = times;
    news.changed(streamId);
    clock.advance(defaults.streamNews_ms / 50);
    await turn();
  }
  clock.advance(defaults.streamNews_ms);
  await turn();
  expect(told.map(([to]) => to)).toEqual(Array.from({ length: 3 }, () => 'dual stream_changed'));
  expect(told.at(0)?.[1]).toEqual({ times: 1 });
  expect(told.at(-1)?.[1]).toEqual({ times: 100 });
});

it('a stream that was removed meanwhile is told no more', async () => {
  const { clock, told, streams, news } = setUp();
  news.changed(streamId);
  await turn();
  news.changed(streamId);
  streams.delete(streamId);
  news.removed(streamId);
  clock.advance(defaults.streamNews_ms);
  await turn();
  expect(told).toHaveLength(1);
});

it('a stream whose publisher has said too much is told later, as it is by then', async () => {
  let isPaid = false;
  const charged: number[] = [];
  const { clock, told, attributes, news } = setUp((bytes) => {
    charged.push(bytes);
    if (!isPaid) {
      throw new Error('too much');
    }
  });
  news.changed(streamId);
  await turn();
  expect(told).toEqual([]);
  isPaid = true;
  attributes['hand'] = 'up';
  clock.advance(defaults.streamNewsAgain_ms);
  await turn();
  expect(told).toEqual([['dual stream_changed', { hand: 'up' }]]);
  expect(charged.every((bytes) => bytes > 0)).toBe(true);
});
