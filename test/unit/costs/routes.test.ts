import { describe, expect, it } from 'vitest';
import { Rerouting } from '../../../nodes/controller/rerouting.ts';
import type { ReroutingParts } from '../../../nodes/controller/rerouting.ts';
import { Streams } from '../../../nodes/controller/streams.ts';
import type { Directory, RoomErizo, RoomStream } from '../../../protocol/directory.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import type { Operations } from '../../support/operations.ts';
import { growth, linear } from '../../support/operations.ts';

const here = { nodeId: 'here-1', region: 'here' };
const media = { audio: true, video: true, data: false, screen: false, label: '', attributes: {} };
/** A room that is in so many regions beside this one, each with a stream and so many processes. */
function roomOf(regions: number, aRegion: number, operations: Operations): Directory {
  const places = [here, ...Array.from({ length: regions }, (_, at) => place(at))];
  const erizos = places.flatMap(({ nodeId, region }, at) =>
    Array.from({ length: aRegion }, (_, index): RoomErizo => {
      const erizoId = `${region} ${index}`;
      const row = { erizoId, endpoint: 'tcp://10.0.0.1:1', nodeId, region, since: 1 + at };
      return operations.watch(row);
    }),
  );
  const streams = places.slice(1).map(({ nodeId, region }, at): RoomStream => {
    const stream = { streamId: `${at}`, clientId: 'ann', userName: 'ann', media };
    return { ...stream, erizoId: `${region} 0`, nodeId, region, since: 1_000 };
  });
  return { version: 2_000, erizos, streams };
}

function place(at: number): { nodeId: string; region: string } {
  return { nodeId: `region ${at}-1`, region: `region ${at}` };
}

function streamsOf(directory: Directory): Streams {
  // Every region pulls from the origin: trees have costs of their own.
  const streams = new Streams({ trees: { treeOf: () => new Map() } }, here);
  streams.learn(directory);
  return streams;
}

describe('the routes of a room', () => {
  it('cost as much as what is on the way: not processes times streams', async () => {
    const own = [{ erizoId: 'here 1', endpoint: 'tcp://10.0.0.1:1' }];
    const grown = await growth(32, (regions, operations) => {
      const directory = roomOf(regions, 4, operations);
      const streams = streamsOf(directory);
      operations.count = 0;
      for (const stream of directory.streams) {
        expect(streams.route(stream, 'here 1', own).at(-1)?.erizoId).toBe(stream.erizoId);
      }
    });
    expect(grown).toBeLessThan(linear);
  });

  it('are looked at once for a change, however many processes here play the streams', async () => {
    const directoryOf = (operations: Operations): Directory => roomOf(16, 32, operations);
    const grown = await growth(2, (processes, operations) => {
      const streams = streamsOf(directoryOf(operations));
      const own = Array.from({ length: processes }, (_, index) => ({
        ...{ erizoId: `here ${index}`, endpoint: 'tcp://10.0.0.1:1' },
      }));
      const erizos = { live: own, facts: own } as unknown as ReroutingParts['erizos'];
      const parts = { streams, erizos, clock: new VirtualClock(), roomId: 'room' };
      const rerouting = new Rerouting({ parts: parts as unknown as ReroutingParts });
      operations.count = 0;
      rerouting.changed();
    });
    // What is common to all of them stays one.
    expect(grown).toBeLessThan(1.5);
  });
});
