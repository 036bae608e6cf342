import { pino } from 'pino';
import { DirectoryKeeper } from '../../../nodes/controller/directory-keeper.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { RegionTrees } from '../../../nodes/controller/region-trees.ts';
import { Rerouting } from '../../../nodes/controller/rerouting.ts';
import { Streams } from '../../../nodes/controller/streams.ts';
import { systemClock } from '../../../protocol/clock.ts';
import type { RoomErizo, RoomStream } from '../../../protocol/directory.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import type { Message } from './message.ts';
import { noAttributes, repeat, streamIdOf, uuidOf } from './message.ts';

/** Processes of the room in each region; here as many play all of the streams. */
const aRegion = 16;
const here = { nodeId: 'here-1', region: 'here' };

/** The room uses another process somewhere: the ways of all streams to all processes here may be others. */
export const directoryChange: Message = {
  name: 'directory-change',
  what: `the ways of ${limits.streamsPerRoom} streams to ${aRegion} processes here, of ${limits.regions} regions with ${aRegion} each`,
  prepare(share) {
    const regions = repeat(limits.regions * share, (at) => `region-${at}`);
    const erizos = [here.region, ...regions].flatMap((region, at) =>
      repeat(aRegion, (index): RoomErizo => erizoOf(region, at * aRegion + index, 1)),
    );
    const rows = repeat(limits.streamsPerRoom * share, (index): RoomStream => {
      const region = regions[index % regions.length] ?? '';
      const erizoId = erizos.find((erizo) => erizo.region === region)?.erizoId ?? '';
      const about = { clientId: uuidOf(index), userName: 'ann', media: noAttributes };
      const where = { nodeId: `${region}-1`, region, since: 2 };
      return { streamId: streamIdOf(index), ...about, erizoId, ...where };
    });
    const keeper = new DirectoryKeeper();
    keeper.replace({ version: 2, erizos, streams: rows });
    const members = new FakeMembers();
    const trees = new RegionTrees({ edge: { linked: true }, members });
    const streams = new Streams({ trees }, here);
    const live = erizos.filter(({ region }) => region === here.region).map(toErizo);
    const rerouting = new Rerouting({
      parts: {
        ...{ roomId: 'room', clock: systemClock, log: pino({ level: 'silent' }), streams },
        ...{ grant: () => '', erizos: { live, facts: live } },
      },
    });
    let version = 2;
    return () => {
      const row = erizoOf(regions[0] ?? '', 1_000_000 + version, version + 1);
      keeper.take({
        ...{ from: version, version: version + 1 },
        erizos: { put: [row], removed: version === 2 ? [] : [uuidOf(1_000_000 + version - 1)] },
        streams: { put: [], removed: [] },
      });
      version += 1;
      if (keeper.directory?.version !== version) {
        throw new Error('the change was not taken');
      }
      streams.learn(keeper.directory);
      rerouting.changed();
    };
  },
};

function erizoOf(region: string, number: number, since: number): RoomErizo {
  const endpoint = 'tcp://127.0.0.1:1';
  return { erizoId: uuidOf(number), endpoint, nodeId: `${region}-1`, region, since };
}

/** Nothing is said to it: no stream goes another way. */
function toErizo({ erizoId, endpoint }: RoomErizo): Erizo {
  return { erizoId, endpoint } as Erizo;
}
