import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cascadeTree, gatewayOf, routeTo, validate } from '../../../protocol/cascade-tree.ts';
import type { RoomErizo, RoomStream } from '../../../protocol/directory.ts';

const regions = ['eu-west', 'us-east', 'ap-northeast', 'sa-east'];

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function erizo(number: number, region: string, since: number): RoomErizo {
  return {
    erizoId: uuid(number),
    nodeId: `${region}-1`,
    region,
    endpoint: `tcp://10.0.0.1:${4_000 + number}`,
    since,
  };
}

function streamOf(origin: RoomErizo, since: number, id = 1): RoomStream {
  return {
    streamId: String(100_000_000_000_000_000n + BigInt(id)),
    clientId: uuid(999),
    erizoId: origin.erizoId,
    nodeId: origin.nodeId,
    region: origin.region,
    userName: 'ann',
    since,
    media: { audio: true, video: true, data: false, screen: false, label: 'a', attributes: {} },
  };
}

/** A room of up to twenty processes that came in any order, and a stream of one of them. */
const room = fc
  .array(fc.constantFrom(...regions), { minLength: 1, maxLength: 20 })
  .chain((places) =>
    fc.record({
      erizos: fc.constant(places.map((region, index) => erizo(index, region, index + 1))),
      origin: fc.nat({ max: places.length - 1 }),
      since: fc.integer({ min: 1, max: 25 }),
      id: fc.integer({ min: 1, max: 1_000_000 }),
    }),
  )
  .map(({ erizos, origin, since, id }) => {
    const at = erizos[origin];
    if (at === undefined) {
      throw new Error('the origin is one of the processes');
    }
    return { erizos, stream: streamOf(at, Math.max(since, at.since), id) };
  });

describe('the cascade tree', () => {
  test('is a tree that enters each region once, for any room', () => {
    fc.assert(
      fc.property(room, ({ erizos, stream }) => {
        const tree = cascadeTree(stream, erizos);
        expect(tree.size).toBe(erizos.length);
        expect(validate(tree, stream, erizos)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is the same whatever the order in which the processes are listed', () => {
    fc.assert(
      fc.property(room, ({ erizos, stream }) => {
        const tree = cascadeTree(stream, erizos);
        const reversed = cascadeTree(stream, erizos.toReversed());
        expect(new Map(reversed)).toEqual(new Map([...tree]));
      }),
    );
  });

  test('moves no gateway when processes come later', () => {
    fc.assert(
      fc.property(room, fc.constantFrom(...regions), ({ erizos, stream }, region) => {
        const later = erizos.map((row, index) => ({
          ...row,
          erizoId: uuid(100 + index),
          since: 100 + index,
        }));
        const before = gatewayOf(stream, region, erizos);
        if (before !== undefined) {
          expect(gatewayOf(stream, region, [...later, ...erizos])).toEqual(before);
        }
      }),
    );
  });

  test('spreads the streams of a room over the processes of a region', () => {
    const origin = erizo(0, 'eu-west', 1);
    const far = [erizo(1, 'us-east', 2), erizo(2, 'us-east', 3), erizo(3, 'us-east', 4)];
    const chosen = new Map<string, number>();
    for (let id = 1; id <= 300; id += 1) {
      const gateway = gatewayOf(streamOf(origin, 9, id), 'us-east', [origin, ...far]);
      chosen.set(gateway?.erizoId ?? '', (chosen.get(gateway?.erizoId ?? '') ?? 0) + 1);
    }
    expect([...chosen.values()].every((count) => count > 60)).toBe(true);
  });

  test('leads a process behind a gateway through it to the origin', () => {
    const origin = erizo(0, 'eu-west', 1);
    const erizos = [origin, erizo(1, 'us-east', 2), erizo(2, 'us-east', 5)];
    const stream = streamOf(origin, 3);
    expect(routeTo(stream, uuid(2), erizos).map((hop) => hop.erizoId)).toEqual([uuid(1), uuid(0)]);
    expect(routeTo(stream, uuid(1), erizos).map((hop) => hop.erizoId)).toEqual([uuid(0)]);
    expect(routeTo(stream, uuid(0), erizos)).toEqual([]);
  });

  test('leads through the gateway of a relaying region, as the tree of regions says', () => {
    const origin = erizo(0, 'eu-west', 1);
    const relays = [erizo(1, 'us-east', 2), erizo(2, 'us-east', 3)];
    const far = [erizo(3, 'sa-east', 4), erizo(4, 'sa-east', 5)];
    const erizos = [origin, ...relays, ...far];
    const stream = streamOf(origin, 9);
    const regionsOf = new Map([
      ['us-east', 'eu-west'],
      ['sa-east', 'us-east'],
    ]);
    const relay = gatewayOf(stream, 'us-east', erizos)?.erizoId ?? '';
    const gateway = gatewayOf(stream, 'sa-east', erizos)?.erizoId ?? '';
    const behind = far.find(({ erizoId }) => erizoId !== gateway)?.erizoId ?? '';
    const hops = routeTo(stream, behind, erizos, regionsOf).map((hop) => hop.erizoId);
    expect(hops).toEqual([gateway, relay, uuid(0)]);
    expect(validate(cascadeTree(stream, erizos, regionsOf), stream, erizos)).toEqual([]);
    // The relay has left the room, and the tree of regions is not made anew yet.
    const left = [origin, ...far];
    expect(routeTo(stream, gateway, left, regionsOf).map((hop) => hop.erizoId)).toEqual([uuid(0)]);
  });

  test('is one whatever the tree of regions says, as that comes from outside', () => {
    const place = fc.constantFrom(...regions, 'nowhere');
    fc.assert(
      fc.property(room, fc.array(fc.tuple(place, place)), ({ erizos, stream }, entries) => {
        const tree = cascadeTree(stream, erizos, new Map(entries));
        expect(tree.size).toBe(erizos.length);
        expect(validate(tree, stream, erizos)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is empty for a stream of data, which no process serves', () => {
    const origin = erizo(0, 'eu-west', 1);
    const { erizoId: _none, ...data } = streamOf(origin, 3);
    expect(cascadeTree(data, [origin]).size).toBe(0);
  });

  test('says when there is no way', () => {
    const origin = erizo(0, 'eu-west', 1);
    const stream = streamOf(origin, 3);
    const notFound = expect.objectContaining({ code: 'not_found' });
    expect(() => routeTo(stream, uuid(7), [origin])).toThrowError(notFound);
    expect(() => routeTo(stream, uuid(1), [erizo(1, 'us-east', 2)])).toThrowError(notFound);
  });

  test('is found wrong by validate() when it has a cycle, two roots or two entries', () => {
    const origin = erizo(0, 'eu-west', 1);
    const erizos = [origin, erizo(1, 'us-east', 2), erizo(2, 'us-east', 3)];
    const stream = streamOf(origin, 3);
    const wrong = (entries: [string, string | undefined][]): string[] =>
      validate(new Map(entries), stream, erizos);
    expect(
      wrong([
        [uuid(0), undefined],
        [uuid(1), uuid(2)],
        [uuid(2), uuid(1)],
      ]),
    ).not.toEqual([]);
    expect(
      wrong([
        [uuid(0), undefined],
        [uuid(1), undefined],
      ]),
    ).not.toEqual([]);
    expect(
      wrong([
        [uuid(0), undefined],
        [uuid(1), uuid(0)],
        [uuid(2), uuid(0)],
      ]),
    ).not.toEqual([]);
  });
});
