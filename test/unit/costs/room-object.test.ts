import { describe, expect, it } from 'vitest';
import { directoryStep, emptyDirectoryState } from '../../../edge/room/directory.ts';
import { happeningsBetween } from '../../../edge/room/happenings.ts';
import type { Attendance, ParticipantsState, Told } from '../../../edge/room/participants.ts';
import type { RoomFacts, RoomStream } from '../../../protocol/directory.ts';
import { Operations, growth, linear } from '../../support/operations.ts';

const media = { audio: true, video: true, data: false, screen: false, label: 'x', attributes: {} };

function streamsOf(count: number): RoomStream[] {
  return Array.from({ length: count }, (_, number) => ({
    ...{ streamId: `${number}`, clientId: `client ${number}`, userName: 'ann', media },
    ...{ nodeId: 'eu-west-1', region: 'eu-west', since: 1 },
  }));
}

/** So many controllers, with nobody of those who publish. */
function controllers(count: number, operations: Operations): ParticipantsState {
  return new Map(
    Array.from({ length: count }, (_, number): [string, Attendance] => {
      const attendance = {
        lease: 1,
        region: 'eu-west',
        number: 1,
        users: operations.map<string, Told>([]),
      };
      return [`node ${number}`, attendance];
    }),
  );
}

describe('news of who is in a room', () => {
  it('cost as much as those who came: not streams times controllers', async () => {
    const grown = await growth(32, (size, operations) => {
      const streams = streamsOf(size);
      const participants = controllers(size, operations);
      const participant = { clientId: 'client 1', name: 'ann', role: 'viewer', region: 'eu-west' };
      const moved = { joined: [participant], left: [] };
      happeningsBetween({ participants, streams }, { participants, streams }, moved);
    });
    expect(grown).toBeLessThan(linear);
  });
});

/** Facts of streams of which each look at what is said of one counts. */
function factsOf(node: string, count: number, operations: Operations): RoomFacts {
  const streams = streamsOf(count).map(({ streamId, clientId, userName }) => ({
    ...{ streamId: `${node} ${streamId}`, clientId, userName },
    media: operations.watch({ ...media }),
  }));
  return { erizos: [], streams };
}

describe('the facts of a controller', () => {
  it('cost as much as its own streams, and not those of all others, which did not change', () => {
    const operations = new Operations();
    const costOf = (others: number): number => {
      const holder = (nodeId: string, streams: number) => {
        const facts = factsOf(nodeId, streams, operations);
        return { nodeId, lease: 1, region: 'eu-west', facts };
      };
      const entered = [holder('a', others), holder('b', 4)].reduce(
        (state, one) => directoryStep(state, { type: 'enter', holder: one }).state,
        emptyDirectoryState,
      );
      operations.count = 0;
      const facts = factsOf('b', 4, operations);
      directoryStep(entered, { type: 'facts', nodeId: 'b', lease: 1, facts });
      return operations.count;
    };
    expect(costOf(64)).toBe(costOf(8));
  });
});
